import type { TestProject } from 'vitest/node'
import { hostServers, type ServerHost } from './host.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the servers of this run. */
    gatehouseServers: string
  }
}

// Vitest loads this file once for each of its projects: the host is one for all.
const shared = globalThis as typeof globalThis & { gatehouseHost?: Promise<ServerHost> }

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.gatehouseHost ??= hostServers()
  const host = await shared.gatehouseHost
  project.provide('gatehouseServers', host.url)
  return () => host.stop()
}

import { setTimeout as sleep } from 'node:timers/promises'
import { manage } from '../e2e/client.ts'
import { callGateway } from './call-gateway.ts'
import type { Call, Command } from './history.ts'
import { type Installation, publishable } from './installation.ts'
import { type Key, operate } from './operate.ts'

const operationsMax = 4

export interface PublisherOptions {
  readonly installation: Pick<Installation, 'demo' | 'gateways'>
  /** Revokes a key and answers it when that is acknowledged; undefined when it is over. */
  readonly revokeOne: () => Promise<Key | undefined>
  readonly going: () => boolean
  readonly nextId: () => string
  readonly commands: Command[]
  readonly calls: Call[]
}

/** Again and again: ends a key, publishes something, and asks for it with the key at once and at every gateway. */
export async function publish(options: PublisherOptions): Promise<void> {
  const { installation, going, nextId, commands, calls } = options
  const { demo } = installation
  const path = `/v1/environments/${demo.environment}/apis/${demo.api}`
  const { api } = await manage<{ api: { operations: object[] } }>({ demo }, 'GET', path)
  const drops: object[] = []
  while (going()) {
    const key = await options.revokeOne()
    if (!key) return
    const id = nextId()
    drops.splice(0, Math.max(0, drops.length - operationsMax))
    drops.push(operation(id))
    const body = { ...publishable(api), operations: [...api.operations, ...drops] }
    const { command } = await operate(installation, { id, action: 'publish', key: { id }, api: body }, going)
    commands.push(command)
    for (const gateway of ['gateway', 'gateway-2'] as const) {
      if (command.outcome !== 'ok') break
      const publication = { operation: id, position: command.position }
      for (const carriesPosition of [true, false])
        calls.push(await callGateway(installation, key, { gateway, strict: true, carriesPosition, publication }))
    }
    for (let rest = 0; rest < 10 && going(); rest++) await sleep(100)
  }
}

function operation(id: string): object {
  return {
    ...{ operation_id: id, method: 'GET', path_template: `/drops/${id}` },
    security: [{ requirements: [{ scheme: 'api_key' }] }],
    enforcement: { max_staleness: '5s' },
  }
}

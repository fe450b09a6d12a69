import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoKey } from './seed.ts'

/** `$GATEHOUSE_DATA_DIR/demo.json`: what scripts need to use the demo. */
export interface DemoFile extends DemoKey {
  readonly gateway: string
  readonly console: string
  readonly environment: string
  readonly api: string
  readonly path: string
  readonly operatorToken: string
}

const fileName = 'demo.json'

/** Writes the file whole or not at all, readable by its owner alone: it holds the demo's key. */
export async function writeDemoFile(dataDir: string, demo: DemoFile): Promise<void> {
  const text = {
    gateway: demo.gateway,
    console: demo.console,
    environment: demo.environment,
    api: demo.api,
    path: demo.path,
    api_key: demo.apiKey,
    api_key_id: demo.apiKeyId,
    client_id: demo.clientId,
    subscription_id: demo.subscriptionId,
    operator_token: demo.operatorToken,
  }
  const part = join(dataDir, `${fileName}.part`)
  await writeFile(part, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600 })
  await rename(part, join(dataDir, fileName))
}

/** The demo's key of an earlier start; undefined when there is none. */
export async function readDemoKey(dataDir: string): Promise<DemoKey | undefined> {
  try {
    const file = JSON.parse(await readFile(join(dataDir, fileName), 'utf8')) as Record<string, string>
    const { api_key: apiKey, api_key_id: apiKeyId, subscription_id: subscriptionId, client_id: clientId } = file
    return apiKey && apiKeyId && subscriptionId && clientId ? { apiKey, apiKeyId, subscriptionId, clientId } : undefined
  } catch {
    return undefined
  }
}

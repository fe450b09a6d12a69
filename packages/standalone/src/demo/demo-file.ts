import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoClient } from './seed-client.ts'
import type { DemoUser } from './seed-user.ts'

/** `$GATEHOUSE_DATA_DIR/demo.json`: what scripts need to use the demo. */
export interface DemoFile extends DemoClient, DemoUser {
  readonly gateway: string
  readonly console: string
  readonly environment: string
  readonly api: string
  readonly path: string
  readonly issuer: string
  /** Audience of the tokens for the API. */
  readonly resource: string
  readonly operatorToken: string
}

const fileName = 'demo.json'

/** Writes the file whole or not at all, readable by its owner alone: it holds the demo's key and passwords. */
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
    client_secret: demo.clientSecret,
    subscription_id: demo.subscriptionId,
    issuer: demo.issuer,
    resource: demo.resource,
    username: demo.username,
    password: demo.password,
    operator_token: demo.operatorToken,
  }
  const part = join(dataDir, `${fileName}.part`)
  await writeFile(part, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600 })
  await rename(part, join(dataDir, fileName))
}

/** What an earlier start left of the demo's client and user; empty when there is none. */
export async function readKnown(dataDir: string): Promise<Partial<DemoClient & DemoUser>> {
  try {
    const file = JSON.parse(await readFile(join(dataDir, fileName), 'utf8')) as Record<string, string>
    const { api_key: apiKey, api_key_id: apiKeyId, client_secret: clientSecret, username, password } = file
    return {
      ...(apiKey && apiKeyId && { apiKey, apiKeyId }),
      ...(clientSecret && { clientSecret }),
      ...(username && password && { username, password }),
    }
  } catch {
    return {}
  }
}

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { send } from '../e2e/client.ts'
import type { Demo } from '../e2e/system.ts'
import type { Action, Command, Outcome } from './history.ts'
import type { Installation } from './installation.ts'

/** A credential as its owner has it: an API key, or an access token. */
export interface Key {
  readonly id: string
  readonly kind?: 'api_key' | 'token'
  readonly secret: string
  /** When the last command on it was acknowledged, and at which position. */
  readonly settledAt: number
  readonly position: string
  /** It was suspended before. */
  readonly resumed?: boolean
}

interface Intent {
  readonly id: string
  readonly action: Action
  readonly key: Pick<Key, 'id'> | undefined
  /** Of `publish`. */
  readonly api?: object
}

interface Answer {
  readonly status: number | undefined
  readonly text: string
  readonly outcome: Outcome
}

interface Written {
  readonly api_key?: { readonly api_key_id: string }
  readonly api_key_secret?: string
  readonly position: string
}

export interface Done {
  readonly command: Command
  /** The new key; undefined when its secret was in an answer that got lost. */
  readonly made: Key | undefined
}

/**
 * Sends a command; while its outcome is unknown, and as long as `goOn` says so, again with the same idempotency key, as
 * an operator's script would.
 */
export async function operate(
  { demo }: Pick<Installation, 'demo'>,
  intent: Intent,
  goOn: () => boolean,
): Promise<Done> {
  const { id, action, key } = intent
  const idempotencyKey = randomUUID()
  const [path, body, method] = request(intent, demo)
  const invokedAt = performance.now()
  let answer = await attempt(() => send({ demo }, method, path, body, idempotencyKey))
  while (answer.outcome === 'unknown' && goOn()) {
    await sleep(100)
    answer = await attempt(() => send({ demo }, method, path, body, idempotencyKey))
  }
  const endedAt = performance.now()
  const written = answer.outcome === 'ok' ? (JSON.parse(answer.text) as Written) : undefined
  const position = written?.position ?? ''
  const madeId = action === 'issue' || action === 'rotate' ? written?.api_key?.api_key_id : undefined
  const secret = written?.api_key_secret
  const keyId = key?.id ?? madeId
  const said = `${answer.status ?? 'no answer'} ${answer.outcome === 'ok' ? '' : answer.text}`.trim()
  return {
    command: { id, action, keyId, invokedAt, endedAt, outcome: answer.outcome, answer: said, position },
    made: madeId && secret ? { id: madeId, secret, settledAt: endedAt, position } : undefined,
  }
}

function request({ id, action, key, api = {} }: Intent, demo: Demo): [path: string, body: object, method: string] {
  switch (action) {
    case 'issue':
      return ['/v1/api-keys', { subscription_id: demo.subscription_id, display_name: id }, 'POST']
    case 'rotate':
      return [`/v1/api-keys/${key?.id}/rotate`, { overlap: '3600s' }, 'POST']
    case 'resume':
      return [`/v1/api-keys/${key?.id}/resume`, {}, 'POST']
    case 'suspend':
    case 'revoke':
      return [`/v1/api-keys/${key?.id}/${action}`, { reason: id }, 'POST']
    case 'revoke_token':
      return [`/v1/tokens/${key?.id}/revoke`, { environment_id: demo.environment, reason: id }, 'POST']
    case 'publish':
      return [`/v1/environments/${demo.environment}/apis/${demo.api}`, api, 'PUT']
  }
}

async function attempt(sending: () => Promise<Response>): Promise<Answer> {
  try {
    const response = await sending()
    const { status } = response
    const text = await response.text()
    return { status, text, outcome: status < 300 ? 'ok' : status < 500 ? 'fail' : 'unknown' }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { status: undefined, text, outcome: 'unknown' }
  }
}

import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { DecisionEntry } from '../../packages/audit-trail/src/decision-entry.ts'
import { recordEncoder } from '../../packages/audit-trail/src/encode-record.ts'

const epoch = 1_790_000_000
const [keys, clients, operations] = [10_000, 1000, 40]

/** The records of one gateway, 1.2 KB each, as its encoder makes them: call it for the next ones. */
export function gatewayRecords(node: string): (count: number) => Generator<StoredRecord, void> {
  const encode = recordEncoder(node, epoch, 'gateway')
  let sequence = 0
  return function* next(count) {
    for (const end = sequence + count; sequence < end; ) {
      const { bytes, length } = encode(decision(node, sequence), ++sequence)
      yield { node, epoch: BigInt(epoch), sequence: BigInt(sequence), json: Buffer.from(bytes.subarray(0, length)) }
    }
  }
}

function decision(node: string, n: number): DecisionEntry {
  const key = (n * 7919) % keys
  const denied = n % 50 === 0
  return {
    timeMs: 1_795_406_807_602 + Math.floor(n / 18),
    requestId: `${node}-${n.toString(36)}`,
    allowed: !denied,
    reason: denied ? 'api_key_revoked' : 'ok',
    auditMode: 'before_response',
    method: 'GET',
    host: 'api.example.com',
    path: `/orders/items/${n}`,
    clientIp: '192.0.2.17',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    statusCode: denied ? 401 : 200,
    durationUs: 312,
    environmentId: 'alpha',
    apiId: `api-${key % 7}`,
    operationId: `operation-${key % operations}`,
    credentialId: `key_${(key * 2_654_435_761).toString(36).padStart(12, '0')}`,
    clientId: `client_${((key % clients) * 40_503).toString(36).padStart(8, '0')}`,
    subscriptionId: `subscription_${key}`,
    planId: 'gold',
    authMethod: 'api_key',
    scopes: ['orders:read', 'orders:write'],
    credentialPosition: 12_345,
    policyPosition: 321,
    tokenPosition: 42,
    stalenessMs: 140,
    apiKeyVersion: 2,
    clientVersion: 1,
    subscriptionVersion: 4,
    environmentVersion: 5,
    apiVersion: 6,
    planVersion: 7,
    rateLimit: 1000,
    rateRemaining: 42,
    rateResetMs: 900,
  }
}

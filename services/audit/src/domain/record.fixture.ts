import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'

/** A record as a gateway writes it, with other members where they are given. */
export function record(sequence: bigint, gatehouse: object = {}, members: object = {}, node = 'gw-1'): StoredRecord {
  const epoch = 1_790_000_000n
  const body = {
    class_uid: 6003,
    category_uid: 6,
    activity_id: 2,
    type_uid: 600302,
    severity_id: 1,
    status_id: 1,
    action_id: 1,
    status_code: 'ok',
    time: 1_795_406_807_602,
    metadata: {
      version: '1.5.0',
      product: { name: 'gateway', vendor_name: 'Gatehouse' },
      uid: `${node}.${epoch}.${sequence}`,
      correlation_uid: `request-${sequence}`,
    },
    actor: {},
    api: { operation: 'getOrder' },
    src_endpoint: { ip: '192.0.2.1' },
    gatehouse: {
      schema: 1,
      node,
      epoch: Number(epoch),
      sequence: Number(sequence),
      outcome: 'allow',
      reason: 'ok',
      audit_mode: 'before_response',
      environment: 'alpha',
      api: 'orders',
      operation: 'getOrder',
      positions: {},
      versions: {},
      ...gatehouse,
    },
    ...members,
  }
  return { node, epoch, sequence, json: Buffer.from(JSON.stringify(body)) }
}

import { createHash } from 'node:crypto'

/** What came in and is no decision record: kept as it is. */
export interface DeadLetter {
  /** `grpc`, or topic, partition and offset. */
  readonly source: string
  /** As claimed; undefined where not even that could be read. */
  readonly identity: { readonly node: string; readonly epoch: bigint; readonly sequence: bigint } | undefined
  readonly problem: string
  readonly raw: Uint8Array
}

/** The node under which the ledger notes what it could not take. No gateway may have it: a leading `_` is ours. */
export const LEDGER_NODE = '_ledger'
export const LEDGER_EPOCH = 1n

/** Tells one dead letter from another, so that one that is sent again is noted once. */
export function deadLetterDigest({ identity, raw }: DeadLetter): Buffer {
  const { node = '', epoch = 0n, sequence = 0n } = identity ?? {}
  return createHash('sha256')
    .update(JSON.stringify([node, `${epoch}`, `${sequence}`]))
    .update(raw)
    .digest()
}

/** The ledger's own record that something was put aside: valid against the schema of decision records. */
export function deadLetterNote(letter: DeadLetter, sequence: bigint, timeMs: number): Buffer {
  const { identity, problem, source } = letter
  const claimed = identity ? `${identity.node}.${identity.epoch}.${identity.sequence}`.slice(0, 256) : undefined
  const note = {
    class_uid: 6003,
    category_uid: 6,
    activity_id: 0,
    type_uid: 600300,
    severity_id: 2,
    status_id: 2,
    action_id: 2,
    status_code: 'record_malformed',
    time: timeMs,
    metadata: {
      version: '1.5.0',
      product: { name: 'audit', vendor_name: 'Gatehouse' },
      uid: `${LEDGER_NODE}.${LEDGER_EPOCH}.${sequence}`,
      correlation_uid: '',
    },
    actor: {},
    api: { operation: '' },
    src_endpoint: {},
    gatehouse: {
      schema: 1,
      node: LEDGER_NODE,
      epoch: Number(LEDGER_EPOCH),
      sequence: Number(sequence),
      outcome: 'deny',
      reason: 'record_malformed',
      audit_mode: 'async',
      positions: {},
      versions: {},
      dead_letter: { claimed, source, problem, sha256: deadLetterDigest(letter).toString('hex') },
    },
  }
  return Buffer.from(JSON.stringify(note))
}

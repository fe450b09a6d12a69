import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { Trail } from '../trail.ts'

/** Everything that is durable and was not read yet, each record checked against its own identity. */
export async function readAll(trail: Trail): Promise<StoredRecord[]> {
  const all: StoredRecord[] = []
  for (let batch = await trail.spool.next(1 << 20); batch; batch = await trail.spool.next(1 << 20)) {
    all.push(...batch.records.map((record) => ({ ...record, json: Buffer.from(record.json) })))
  }
  for (const { node, epoch, sequence, json } of all) {
    const { metadata } = parse(json)
    if (metadata.uid !== `${node}.${epoch}.${sequence}`) throw new Error(`${metadata.uid} was read as ${sequence}`)
  }
  return all
}

/** The request ids of records: what a test wrote into them. */
export function requestIds(records: readonly StoredRecord[]): string[] {
  return records.map(({ json }) => parse(json).metadata.correlation_uid)
}

function parse(json: Uint8Array): { metadata: { uid: string; correlation_uid: string } } {
  return JSON.parse(Buffer.from(json).toString('latin1'))
}

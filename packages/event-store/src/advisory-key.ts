import { createHash } from 'node:crypto'

/** Key of a Postgres advisory lock (two int4): what it is for, and the schema that it guards in this database. */
export function advisoryKey(purpose: 'append' | 'migrate' | 'relay', schema: string): [number, number] {
  const hash = createHash('sha256').update(`gatehouse ${purpose} ${schema}`).digest()
  return [hash.readInt32BE(0), hash.readInt32BE(4)]
}

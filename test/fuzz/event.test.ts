import assert from 'node:assert/strict'
import {
  credentialEvents,
  decodeEvent,
  type EventTypes,
  encodeEvent,
  MalformedEvent,
  policyEvents,
  tokenEvents,
} from '@gatehouse/contracts/events'
import fc from 'fast-check'
import { credentialHistory, policyHistory, tokenHistory } from '../../packages/read-model/src/projections/histories.ts'
import { fuzz } from './fuzz.ts'

const tables: EventTypes = { ...credentialEvents, ...policyEvents, ...tokenEvents }
const types = Object.keys(tables)

/** Good events of every log, to be damaged. */
const good = [credentialHistory, policyHistory, tokenHistory].flatMap((history) =>
  fc
    .sample(history, { numRuns: 20, seed: 1 })
    .flat()
    .map(({ type, data }) => ({ type, bytes: [...data] })),
)
for (const { type, bytes } of good) assert.ok(decodeEvent(tables, { type, data: Uint8Array.from(bytes) }))

const damage = fc.tuple(fc.constantFrom('replace', 'insert', 'remove', 'cut', 'repeat'), fc.nat(999), fc.nat(255))
type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never

function hurt(bytes: readonly number[], [kind, at, value]: Damage): number[] {
  const place = Math.floor((at * bytes.length) / 1000)
  if (kind === 'cut') return bytes.slice(0, place)
  if (kind === 'repeat') return [...bytes, ...bytes.slice(place)]
  return bytes.toSpliced(place, kind === 'insert' ? 0 : 1, ...(kind === 'remove' ? [] : [value]))
}

const damaged = fc
  .tuple(fc.nat(good.length - 1), fc.array(damage, { maxLength: 4 }))
  .map(([which, damages]) => damages.reduce(hurt, good[which]?.bytes ?? []))
const bytes = fc.oneof({ weight: 4, arbitrary: damaged }, fc.array(fc.nat(255), { maxLength: 40 }))

fuzz(
  'event: any bytes are a typed error, or an event that is written and read back as it was',
  [fc.nat(types.length - 1), fc.nat(good.length - 1), fc.boolean(), bytes],
  (anyType, goodType, own, text) => {
    const type = (own ? good[goodType]?.type : types[anyType]) ?? ''
    try {
      const event = decodeEvent(tables, { type, data: Uint8Array.from(text) })
      assert.ok(event)
      assert.deepEqual(decodeEvent(tables, { type, data: encodeEvent(tables, event) }), event)
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error
    }
  },
)

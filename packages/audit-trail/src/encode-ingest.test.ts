import { IngestRequest } from '@gatehouse/contracts/audit/v1/audit_service'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeIngest } from './encode-ingest.ts'

const count = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }),
  fc.bigInt({ min: 1n << 53n, max: (1n << 63n) - 1n }),
)
const record = fc.record({
  node: fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed()),
  epoch: count,
  sequence: count,
  json: fc.uint8Array({ maxLength: 20_000 }),
})

test('every byte is as the generated encoder writes it', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 5 }), (records) => {
      const written = encodeIngest({ records })
      expect(written.equals(IngestRequest.encode({ records }).finish())).toBe(true)
    }),
    { numRuns: 500 },
  )
})

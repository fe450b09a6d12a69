import assert from 'node:assert/strict'
import { ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll } from 'vitest'
import { writeFrame } from '../../packages/audit-trail/src/spool/frame.ts'
import { SpoolReader } from '../../packages/audit-trail/src/spool/reader.ts'
import { recover } from '../../packages/audit-trail/src/spool/recover.ts'
import { encodeSegmentHeader } from '../../packages/audit-trail/src/spool/segment-header.ts'
import { openSlots } from '../../packages/audit-trail/src/spool/slot.ts'
import { fuzz } from './fuzz.ts'

const segmentBytes = 2048
const directory = mkdtempSync(join(tmpdir(), 'gatehouse-fuzz-'))
const fd = openSync(join(directory, 'one.spool'), 'w+')
ftruncateSync(fd, segmentBytes)
const slots = await openSlots(directory)
afterAll(async () => {
  for (const { file } of slots) await file.close()
  rmSync(directory, { recursive: true })
})

/** A segment of records, over what an earlier use of the file with another salt left there. */
function image(lengths: readonly number[], salt: number): { bytes: Buffer; records: string[] } {
  const bytes = Buffer.alloc(segmentBytes)
  for (let at = 512, sequence = 90; at < segmentBytes - 64; sequence++) {
    at = writeFrame(bytes, at, salt ^ 0x5a5a, sequence, { bytes: Buffer.alloc(40, 'old'), length: 40 })
  }
  encodeSegmentHeader({ node: 'gw-1', epoch: 3, number: 7, salt, trimmed: false }).copy(bytes)
  const records: string[] = []
  let at = 512
  for (const [index, length] of lengths.entries()) {
    const payload = Buffer.from(`${index}:`.padEnd(length + 3, 'abcdefgh'))
    at = writeFrame(bytes, at, salt, index + 1, { bytes: payload, length: payload.length })
    records.push(payload.toString())
  }
  return { bytes, records }
}

const damage = fc.record({
  kind: fc.constantFrom('flip', 'tail', 'zero', 'noise', 'copy'),
  at: fc.nat(segmentBytes - 1),
  length: fc.nat(64),
  value: fc.nat(255),
})
type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never

function hurt(bytes: Buffer, { kind, at, length, value }: Damage): void {
  if (kind === 'flip') bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (value & 7)), at)
  else if (kind === 'tail') bytes.fill(value, at)
  else if (kind === 'zero') bytes.fill(0, at, Math.min(at + length, segmentBytes))
  else if (kind === 'noise')
    for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = (i * value) & 0xff
  else bytes.copy(bytes, at, 512, 512 + length)
}

fuzz(
  'spool: a damaged segment yields a prefix of what was written, never another record, never a throw',
  [fc.array(fc.nat(120), { maxLength: 8 }), fc.nat(0xffffffff), fc.array(damage, { maxLength: 3 })],
  async (lengths, salt, damages) => {
    const { bytes, records } = image(lengths, salt)
    for (const each of damages) hurt(bytes, each)
    writeSync(fd, bytes, 0, segmentBytes, 0)
    const { segments } = await recover(slots)
    const reader = new SpoolReader(
      segments.map(({ segment }) => segment),
      (error) => {
        throw error
      },
    )
    const read: string[] = []
    for (let batch = await reader.next(1024); batch; batch = await reader.next(1024)) {
      for (const { node, epoch, sequence, json } of batch.records) {
        assert.deepEqual([node, epoch, sequence], ['gw-1', 3n, BigInt(read.length + 1)])
        read.push(Buffer.from(json).toString())
      }
    }
    assert.deepEqual(read, records.slice(0, read.length))
    if (damages.length === 0) assert.deepEqual(read, records)
    assert.equal(
      segments.reduce((sum, segment) => sum + segment.records, 0),
      read.length,
    )
  },
)

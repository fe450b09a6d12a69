import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { deadLetterDigest, deadLetterNote } from '../domain/dead-letter.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../../../docs/decision-record.schema.json', import.meta.url), 'utf8'),
)
const validate = new Ajv2020().compile(schema)
const letter = {
  source: 'grpc',
  identity: { node: 'gw-1', epoch: 1n, sequence: 9n },
  problem: 'no JSON object',
  raw: Buffer.from('x'),
}

test('a note is a record of its own: valid, without the raw bytes', () => {
  const json = deadLetterNote(letter, 3n, 1_795_406_807_602)
  expect(validate(JSON.parse(json.toString())), JSON.stringify(validate.errors)).toBe(true)
  expect(JSON.parse(json.toString()).metadata.uid).toBe('_ledger.1.3')
  expect(JSON.parse(json.toString()).gatehouse.dead_letter).toMatchObject({
    claimed: 'gw-1.1.9',
    problem: 'no JSON object',
  })
})

test('the digest tells letters apart by claim and by bytes', () => {
  const others = [
    letter,
    { ...letter, raw: Buffer.from('y') },
    { ...letter, identity: { ...letter.identity, sequence: 8n } },
    { ...letter, identity: undefined },
  ]
  expect(new Set(others.map((other) => deadLetterDigest(other).toString('hex'))).size).toBe(4)
})

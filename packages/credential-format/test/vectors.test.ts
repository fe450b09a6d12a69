import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { digestSecret, encodeBase32, mintSecret, parseApiKey } from '../src/index.ts'

function vectors(name: string): string[][] {
  const text = readFileSync(new URL(`../../../test/vectors/${name}.txt`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'))
}

describe('api-key_valid', () => {
  test.each(vectors('api-key_valid'))('%s %s', (environmentId, idHex, secretHex, key, digestHex) => {
    const id = encodeBase32(Buffer.from(idHex!, 'hex'))
    expect(mintSecret('api_key', { environmentId: environmentId!, id, secret: Buffer.from(secretHex!, 'hex') })).toBe(
      key,
    )
    expect(parseApiKey(key!)).toMatchObject({ kind: 'own', environmentId, id })
    expect(Buffer.from(digestSecret(key!)).toString('hex')).toBe(digestHex)
  })
})

describe('api-key_invalid', () => {
  test.each(vectors('api-key_invalid'))('%s: %s', (fault, json) => {
    expect(parseApiKey(JSON.parse(json!))).toEqual({ kind: 'malformed', fault })
  })
})

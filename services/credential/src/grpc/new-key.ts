import { randomBytes } from 'node:crypto'
import type { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { digestSecret, encodeBase32, mintSecret, secretBytes, secretIdBytes } from '@gatehouse/credential-format'
import { notFound } from '@gatehouse/errors'
import type { Claim } from '@gatehouse/event-store'
import type { ReadTables } from '../read/read-tables.ts'
import { streams } from '../store/streams.ts'

/** 80 random bits in 16 characters. A collision is refused, since the stream exists. */
export function newId(): string {
  return encodeBase32(randomBytes(secretIdBytes))
}

/** A new key: `secret` is the whole key, to be shown once; `key` is what commands and events may know of it. */
export function mint(environmentId: string) {
  const apiKeyId = newId()
  const secret = mintSecret('api_key', { environmentId, id: apiKeyId, secret: randomBytes(secretBytes) })
  return { secret, key: { apiKeyId, digest: digestSecret(secret) } }
}

/** Whether an answer tells of this key, and not of that of an earlier request with the same id. */
export function isOf(reply: { readonly apiKey: ApiKey | undefined }, key: { readonly apiKeyId: string }): boolean {
  return reply.apiKey?.apiKeyId === key.apiKeyId
}

/**
 * No two keys have one digest, imported or not, for ever: else a revoked key could be brought back by importing its
 * hash.
 */
export function digestClaim(key: { readonly apiKeyId: string; readonly digest: Uint8Array }): readonly Claim[] {
  const value = Buffer.from(key.digest).toString('base64url')
  return [{ kind: 'api_key_digest', value, owner: streams.apiKey(key.apiKeyId).id }]
}

/** Whose a new key will be. A subscription's client and environment never change, so this needs no lock. */
export async function ownerOf(read: ReadTables, subscriptionId: string) {
  const found = await read.subscription(subscriptionId)
  if (!found) throw notFound('subscription', subscriptionId)
  const { clientId, environmentId } = found
  const ownerStreams = { client: streams.client(clientId), subscription: streams.subscription(subscriptionId) }
  return { owner: { clientId, subscriptionId, time: new Date() }, environmentId, ownerStreams }
}

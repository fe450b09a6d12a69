import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { encodeEvent, tokenEvents } from '@gatehouse/contracts/events'
import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { encodeBase32, mintSecret, secretBytes, secretIdBytes } from '@gatehouse/credential-format'
import { type Entry, openRedisModel, tokenProjection } from '@gatehouse/read-model'
import { startRedis } from '@gatehouse/testkit'
import { referenceTokenId, sealPhantom, splitToken } from '@gatehouse/token-verifier'
import { Redis } from 'ioredis'
import { type Bench, below, type Measure } from './measure.ts'

const tokensPerForm = Number(process.env['GATEHOUSE_BENCH_TOKENS'] ?? 60_000)
const batchSize = 500
const bytesMax = 500
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const id = () => encodeBase32(randomBytes(secretIdBytes))
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = encoded({ alg: 'ES256', typ: 'at+jwt', kid: randomBytes(32).toString('base64url') })

/** What live reference tokens take in the read model: a real Redis, each form as the token service keeps it. */
export const bench: Bench = {
  name: 'token-memory',
  async run() {
    const measures: Measure[] = []
    for (const holder of ['client', 'user'] as const)
      for (const form of ['phantom', 'split'] as const) {
        const bytes = await bytesPerToken(form, holder)
        const metric = `live ${form} token of a ${holder}, of ${tokensPerForm}`
        measures.push(below('token-memory', metric, 'bytes', bytes, bytesMax))
      }
    return measures
  },
}

async function bytesPerToken(form: 'phantom' | 'split', holder: 'client' | 'user'): Promise<number> {
  const server = await startRedis()
  const redis = new Redis(server.url)
  const model = openRedisModel({ address: { url: server.url } })
  try {
    const before = await usedMemory(redis)
    for (let at = 0; at < tokensPerForm; at += batchSize) {
      const writes = Array.from({ length: Math.min(batchSize, tokensPerForm - at) }, () => entryOf(form, holder))
      const recordTime = new Date()
      await model.apply({ source: 'token', after: BigInt(at), upTo: BigInt(at + writes.length), writes, recordTime })
    }
    // The stream of changes is bounded, whatever the number of tokens.
    await redis.del('{gatehouse}:changes')
    return ((await usedMemory(redis)) - before) / tokensPerForm
  } finally {
    await model.close()
    redis.disconnect()
    await server.stop()
  }
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

function entryOf(form: 'phantom' | 'split', holder: 'client' | 'user'): Entry {
  const issuedAt = Math.floor(Date.now() / 1000)
  const payload = encoded(claimsOf(holder, issuedAt))
  const text = `${header}.${payload}`
  const jwt = `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  const token = form === 'phantom' ? phantom(jwt) : split(jwt)
  const tokenId = referenceTokenId(token.text)
  const referenceToken = {
    ...token,
    tokenId,
    environmentId: 'production',
    expireTime: new Date((issuedAt + 3600) * 1000),
  }
  const type = 'gatehouse.token.v1.ReferenceTokenIssued'
  const data = encodeEvent(tokenEvents, { type, data: { referenceToken } })
  const stream = `reference_token-${tokenId}`
  const recorded = {
    type,
    data,
    stream,
    version: 1n,
    position: 1n,
    recordTime: new Date(),
    eventId: '',
    traceparent: '',
  }
  const [entry] = tokenProjection.fold(recorded, `reference_token/${tokenId}`, undefined)
  if (!entry) throw new Error('no entry')
  return entry
}

/** In the order in which the token service writes them. */
function claimsOf(holder: 'client' | 'user', iat: number): object {
  const isUser = holder === 'user'
  const clientId = id()
  const scope = isUser ? 'openid offline_access orders:read orders:write' : 'orders:read orders:write'
  return {
    iss: 'https://auth.example.com',
    sub: isUser ? id() : clientId,
    aud: 'https://auth.example.com/orders',
    client_id: clientId,
    iat,
    exp: iat + 3600,
    jti: encodeBase32(randomBytes(16)),
    scope,
    subscription_id: id(),
    ...(isUser && { grant_id: id(), sid: id(), auth_time: iat - 60 }),
  }
}

function phantom(jwt: string) {
  const secret = { environmentId: 'production', id: id(), secret: randomBytes(secretBytes) }
  const text = mintSecret('phantom_token', secret)
  return { text, form: TokenForm.TOKEN_FORM_PHANTOM, content: sealPhantom(text, jwt) }
}

function split(jwt: string) {
  const { text, content } = splitToken(jwt)
  return { text, form: TokenForm.TOKEN_FORM_SPLIT, content }
}

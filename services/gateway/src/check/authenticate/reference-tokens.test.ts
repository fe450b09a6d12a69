import { randomBytes } from 'node:crypto'
import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { encodeBase32, mintSecret } from '@gatehouse/credential-format'
import { createReferenceTokens, TokenServiceUnavailable } from '@gatehouse/decision-state'
import { referenceTokenId, sealPhantom, splitToken } from '@gatehouse/token-verifier'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSigner } from '../../../../../packages/token-verifier/test/signer.ts'
import { statusOf, type TakingTokens, takingTokens } from '../../../test/taking-tokens.ts'

const signer = createSigner()
const { TOKEN_FORM_PHANTOM, TOKEN_FORM_SPLIT } = TokenForm
const resource = 'https://gateway.test/opaque'

let gateway: TakingTokens
/** What the token service knows, and what it was asked. */
let issued: Map<string, { form: TokenForm; content: Uint8Array }>
let asked: string[]
let away: Error | undefined

beforeEach(async () => {
  issued = new Map()
  asked = []
  away = undefined
  gateway = await takingTokens([signer], {
    resolveReferenceToken: async ({ environmentId, tokenId }) => {
      asked.push(tokenId)
      if (away) throw away
      const found = issued.get(tokenId)
      return { referenceToken: found && { tokenId, environmentId, expireTime: new Date(), ...found } }
    },
  })
  await gateway.put.subscription({ apiId: 'opaque' })
})
afterEach(() => gateway.close())

function phantom(jwt: string, environmentId = 'alpha') {
  const secret = { environmentId, id: encodeBase32(randomBytes(10)), secret: randomBytes(32) }
  const text = mintSecret('phantom_token', secret)
  return { text, form: TOKEN_FORM_PHANTOM, content: sealPhantom(text, jwt), tokenId: referenceTokenId(text) }
}

function split(jwt: string) {
  const { text, content } = splitToken(jwt)
  return { text, form: TOKEN_FORM_SPLIT, content, tokenId: referenceTokenId(text) }
}

async function outcome(text: string, path = '/opaque/items'): Promise<[number, string]> {
  const answer = await gateway.ask(path, { Authorization: `Bearer ${text}` })
  return [statusOf(answer), (await gateway.record()).status_code]
}

test.each([
  ['phantom', phantom],
  ['split', split],
])('a %s token of the read model opens; the upstream sees the JWT where it sees credentials', async (_, make) => {
  const jwt = signer.token({ aud: resource })
  const { text, tokenId, form, content } = make(jwt)
  await gateway.reference(tokenId, form, content)
  expect(await outcome(text)).toEqual([200, 'ok'])
  expect(await outcome(text, '/opaque/passed')).toEqual([200, 'ok'])
  expect(asked).toEqual([])
  const [closed, passed] = gateway.upstream.requests
  expect(closed?.headers).not.toHaveProperty('authorization')
  expect(passed?.headers.authorization).toBe(`Bearer ${jwt}`)
})

test.each([
  ['phantom', phantom],
  ['split', split],
])('a %s token that only the token service knows is asked for once, then remembered', async (_, make) => {
  const { text, tokenId, ...kept } = make(signer.token({ aud: resource }))
  issued.set(tokenId, kept)
  const together = await Promise.all(
    [1, 2, 3].map(() => gateway.ask('/opaque/items', { Authorization: `Bearer ${text}` })),
  )
  expect(together.map(statusOf)).toEqual([200, 200, 200])
  away = new Error('away')
  expect(statusOf(await gateway.ask('/opaque/items', { Authorization: `Bearer ${text}` }))).toBe(200)
  expect(asked).toEqual([tokenId])
})

test.each([
  ['phantom', phantom],
  ['split', split],
])('a remembered %s token is refused once it is revoked', async (_, make) => {
  const { text, tokenId, form, content } = make(signer.token({ aud: resource, jti: 'j1' }))
  await gateway.reference(tokenId, form, content)
  expect(await outcome(text)).toEqual([200, 'ok'])
  await gateway.revoke.token('j1')
  expect(await outcome(text)).toEqual([401, 'token_revoked'])
})

test('a token that there is none of is asked for once, and refused', async () => {
  const { text, tokenId } = phantom('x')
  for (let n = 0; n < 3; n++) expect(await outcome(text)).toEqual([401, 'token_unknown'])
  expect(asked).toEqual([tokenId])
})

test('with the token service away it is not known whether there is such a token: 503', async () => {
  away = new Error('away')
  expect(await outcome(phantom('x').text)).toEqual([503, 'token_service_unavailable'])
  away = undefined
})

test.each<[string, (jwt: string) => string]>([
  ['the JWT that its upstream is shown', (jwt) => jwt],
  ['with a mistyped character', (jwt) => phantom(jwt).text.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))],
  ['of another environment', (jwt) => phantom(jwt, 'beta').text],
  ['a signature that is too short', (jwt) => split(jwt).text.slice(1)],
  ['a signature with a character that is none', (jwt) => `${split(jwt).text.slice(1)}*`],
])('refused without a question: %s', async (_, text) => {
  expect((await outcome(text(signer.token({ aud: resource }))))[0]).toBe(401)
  expect(asked).toEqual([])
})

test('what is kept opens only for its own token, and is verified like every JWT', async () => {
  const right = phantom(signer.token({ aud: resource }))
  const other = phantom(signer.token({ aud: resource }))
  await gateway.reference(right.tokenId, TOKEN_FORM_PHANTOM, other.content)
  expect(await outcome(right.text)).toEqual([401, 'token_unknown'])
  const forged = phantom(createSigner().token({ aud: resource }))
  await gateway.reference(forged.tokenId, TOKEN_FORM_PHANTOM, forged.content)
  expect(await outcome(forged.text)).toEqual([401, 'token_key_unknown'])
  const mixed = split(signer.token({ aud: resource }))
  await gateway.reference(mixed.tokenId, TOKEN_FORM_SPLIT, split(signer.token({ aud: resource })).content)
  expect(await outcome(mixed.text)).toEqual([401, 'token_signature_invalid'])
  const later = phantom(signer.token({ aud: resource }))
  await gateway.reference(later.tokenId, 9 as TokenForm, later.content)
  expect(await outcome(later.text)).toEqual([401, 'token_unknown'])
})

test('a flood of guesses asks the token service no more than so many questions at a time', async () => {
  let open = 0
  const views = { referenceToken: () => ({ state: 'absent' }) as const }
  const resolve = () => {
    open++
    return new Promise<never>(() => undefined)
  }
  const references = createReferenceTokens({ views, resolve, questionsMax: 3 })
  for (let n = 0; n < 3; n++) void references.find('alpha', phantom('x').text)
  expect(() => references.find('alpha', phantom('x').text)).toThrow(TokenServiceUnavailable)
  expect(open).toBe(3)
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { placeAt, signInOn } from '../sign-in.fixture.ts'
import { context, id, operator } from '../users.fixture.ts'
import { finishFederation, takeFederation } from './finish-federation.ts'
import { type Person, startProvider, throughProvider } from './provider.fixture.ts'
import { startFederation } from './start-federation.ts'

const given = signInOn(sharedDatabase)
const refused = (reason: string) => expect.objectContaining({ name: 'Refused', reason })

let provider: Awaited<ReturnType<typeof startProvider>>
beforeAll(async () => {
  provider = await startProvider()
})
beforeEach(() => {
  provider.intercept = undefined
})
afterAll(() => provider?.close())

const place = (more = {}) => placeAt({ identityProviders: [provider.settings(more)] })

const start = (at = place()) => startFederation(given.parts, at, 'a sealed interaction', { providerId: 'corp' })

async function finish(parameters: Awaited<ReturnType<typeof throughProvider>>, at = place()) {
  return finishFederation(given.parts, at, await takeFederation(given.parts, at, parameters))
}

async function signIn(person: Person, at = place()) {
  provider.person = person
  return finish(await throughProvider(await start(at)), at)
}

test('who signs in there for the first time gets an account, and has it the next time', async () => {
  const subject = id()
  const claims = { name: 'Ada', email: 'ada@corp.example', email_verified: true, locale: 'en' }
  const { user, providerId } = await signIn({ subject, claims })
  expect(providerId).toBe('corp')
  expect(user).toMatchObject({ username: `corp/${subject}`, hasPassword: false, claims: { email: 'ada@corp.example' } })
  const again = await signIn({ subject, claims: { ...claims, name: 'Ada L.' } })
  expect(again.user).toMatchObject({ userId: user.userId, claims: { name: 'Ada L.', emailVerified: true } })
})

test('a client that wants a sign-in anew has the provider ask anew', async () => {
  const wish = { providerId: 'corp', loginHint: 'ada@corp.example', anew: true }
  const { searchParams } = new URL(await startFederation(given.parts, place(), 'interaction', wish))
  expect(Object.fromEntries(searchParams)).toMatchObject({ prompt: 'login', login_hint: 'ada@corp.example' })
  expect(new URL(await start()).searchParams.has('prompt')).toBe(false)
})

test('what did not change is no event', async () => {
  const person = { subject: id(), claims: { name: 'Ada' } }
  await signIn(person)
  const head = await given.parts.store.head()
  await signIn(person)
  expect(await given.parts.store.head()).toBe(head)
})

test('two first sign-ins at once make one account', async () => {
  provider.person = { subject: id() }
  const answers = await Promise.all([throughProvider(await start()), throughProvider(await start())])
  const [one, other] = await Promise.all(answers.map((answer) => finish(answer)))
  expect(one?.user.userId).toBe(other?.user.userId)
})

test('a linked account is that of its user, whose claims stay its own', async () => {
  const { newUser, link } = operator(given.parts)
  const { userId } = await newUser()
  const subject = id()
  await link(userId, subject)
  const { user } = await signIn({ subject, claims: { name: 'Another' } }, place({ createUsers: false }))
  expect(user).toMatchObject({ userId, claims: { name: 'Ada' } })
})

describe('refused', () => {
  test('an account that nobody linked, where none is made', async () => {
    const at = place({ createUsers: false })
    await expect(signIn({ subject: id() }, at)).rejects.toEqual(refused('account_not_linked'))
  })
  test('an e-mail address is no link, however verified', async () => {
    const { newUser, changeUser } = operator(given.parts)
    const { userId } = await newUser()
    const email = `${id()}@corp.example`
    const claims = { name: '', givenName: '', familyName: '', email, emailVerified: true, locale: '' }
    await changeUser({ requestId: id(), userId, claims, expectedVersion: undefined }, context)
    const { user } = await signIn({ subject: id(), claims: { email, email_verified: true } })
    expect(user.userId).not.toBe(userId)
  })
  test('a suspended user', async () => {
    const subject = id()
    const { user } = await signIn({ subject })
    await operator(given.parts).suspend(user.userId)
    await expect(signIn({ subject })).rejects.toEqual(refused('user_suspended'))
  })
  test('a user who goes back', async () => {
    await expect(signIn({ subject: id(), does: 'cancel' })).rejects.toEqual(refused('identity_provider_denied'))
  })
  test('the same answer twice', async () => {
    provider.person = { subject: id() }
    const answer = await throughProvider(await start())
    await finish(answer)
    await expect(finish(answer)).rejects.toEqual(refused('federation_state_unknown'))
  })
  test('an answer that nobody waits for, or for another environment', async () => {
    await expect(finish([])).rejects.toEqual(refused('federation_state_unknown'))
    await expect(finish([{ name: 'state', value: 'x' }])).rejects.toEqual(refused('federation_state_unknown'))
    const answer = await throughProvider(await start())
    const elsewhere = placeAt({ environmentId: 'beta', identityProviders: [provider.settings()] })
    await expect(finish(answer, elsewhere)).rejects.toEqual(refused('federation_state_unknown'))
  })
  test('an answer that is too old', async () => {
    const answer = await throughProvider(await start())
    const later = placeAt({ nowMs: Date.now() + 600_000, identityProviders: [provider.settings()] })
    await expect(finish(answer, later)).rejects.toEqual(refused('federation_state_unknown'))
  })
  test('two states', async () => {
    const answer = await throughProvider(await start())
    const state = answer.find(({ name }) => name === 'state') ?? { name: 'state', value: '' }
    await expect(finish([...answer, state])).rejects.toEqual(refused('federation_state_unknown'))
  })
  test("the code of another browser's sign-in, by PKCE and nonce", async () => {
    provider.person = { subject: id() }
    const [victim, attacker] = [await throughProvider(await start()), await throughProvider(await start())]
    const code = attacker.filter(({ name }) => name !== 'state')
    const state = victim.filter(({ name }) => name === 'state')
    await expect(finish([...code, ...state])).rejects.toEqual(refused('identity_provider_answer_invalid'))
  })
  test('a code that another server issued (mix-up)', async () => {
    const answer = await throughProvider(await start())
    const iss = { name: 'iss', value: 'https://evil.example' }
    const mixed = [...answer.filter(({ name }) => name !== 'iss'), iss]
    await expect(finish(mixed)).rejects.toEqual(refused('identity_provider_answer_invalid'))
  })
  test('a provider that is not configured', async () => {
    const unknown = startFederation(given.parts, place(), 'interaction', { providerId: 'constructor' })
    await expect(unknown).rejects.toEqual(refused('identity_provider_unknown'))
  })
})

describe('a provider that is away', () => {
  const away = () => placeAt({ identityProviders: [{ ...provider.settings(), clientId: id() }] })

  test('nobody listens', async () => {
    const gone = { ...provider.settings(), issuer: 'http://127.0.0.1:9' }
    const started = start(placeAt({ identityProviders: [gone] }))
    await expect(started).rejects.toEqual(refused('identity_provider_unavailable'))
  })
  test.each([
    ['errors', (response: ServerResponse) => response.writeHead(500).end()],
    ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: '/x' }).end()],
    ['more than it may', (response: ServerResponse) => response.writeHead(200).end('x'.repeat(1e6))],
    [
      'another issuer',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"issuer":"https://evil.example"}'),
    ],
  ] as const)('answers %s', async (_, reply) => {
    provider.intercept = (_request, response) => void reply(response)
    await expect(start(away())).rejects.toEqual(refused('identity_provider_unavailable'))
  })
  test('is not asked by every user', async () => {
    provider.intercept = (_request, response) => void response.writeHead(500).end()
    const at = away()
    const before = provider.asked.length
    for (let round = 0; round < 10; round++) await expect(start(at)).rejects.toThrow()
    expect(provider.asked.length - before).toBe(1)
  })
  test('dies between the code and its redemption', async () => {
    provider.person = { subject: id() }
    const answer = await throughProvider(await start())
    provider.intercept = (request) => void request.socket.destroy()
    await expect(finish(answer)).rejects.toEqual(refused('identity_provider_unavailable'))
  })
  test('its metadata are asked for once', async () => {
    await start()
    const before = provider.asked.length
    await Promise.all([start(), start(), start()])
    expect(provider.asked.length).toBe(before)
  })
  test('an ID token that it did not sign is refused', async () => {
    provider.person = { subject: id() }
    const answer = await throughProvider(await start())
    const header = Buffer.from('{"alg":"RS256"}').toString('base64url')
    const claims = { iss: provider.issuer, sub: 'admin', aud: 'gatehouse', exp: 9e9, iat: 1 }
    const idToken = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AAAA`
    provider.intercept = (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: 'x', token_type: 'bearer', id_token: idToken }))
    await expect(finish(answer)).rejects.toEqual(refused('identity_provider_answer_invalid'))
  })
})

describe('a confidential client', () => {
  let secretsDir: string
  beforeAll(async () => {
    secretsDir = await mkdtemp(join(tmpdir(), 'secrets-'))
    await writeFile(join(secretsDir, 'corp-secret'), 'p4ss:%+ word\n')
  })
  afterAll(() => rm(secretsDir, { recursive: true }))

  test('authenticates with the secret of its file', async () => {
    const confidential = await startProvider({ clientSecret: 'p4ss:%+ word' })
    const again = await given.again({ secretsDir })
    const at = placeAt({ identityProviders: [confidential.settings()] })
    confidential.person = { subject: id() }
    const answer = await throughProvider(await startFederation(again.parts, at, 'interaction', { providerId: 'corp' }))
    const taken = await takeFederation(again.parts, at, answer)
    expect(await finishFederation(again.parts, at, taken)).toMatchObject({ providerId: 'corp' })
    await again.close()
    await confidential.close()
  })
  test.each(['missing', '../corp-secret', '', '.'])(
    'is unavailable with the secret file %j',
    async (clientSecretRef) => {
      const again = await given.again({ secretsDir })
      const at = placeAt({ identityProviders: [provider.settings({ clientSecretRef: clientSecretRef || '/' })] })
      const started = startFederation(again.parts, at, 'interaction', { providerId: 'corp' })
      await expect(started).rejects.toEqual(refused('identity_provider_unavailable'))
      await again.close()
    },
  )
})

test('what is kept of a sign-in under way cannot be read', async () => {
  await start()
  const { rows } = await given.parts.store.pool.query('SELECT sealed FROM token.federation_state')
  expect(Buffer.concat(rows.map(({ sealed }) => sealed)).includes('interaction')).toBe(false)
})

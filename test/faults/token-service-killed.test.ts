import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, page } from '../conformance/browser.ts'
import { basic, post } from '../conformance/endpoint.ts'
import { approvedDevice, deviceGrant, isSignedIn, signedIn } from './device.ts'
import { type Installation, startInstallation } from './installation.ts'
import { faultRounds, faultSeed, seededRandom } from './random.ts'
import { type Attempt, askToken, authorizationCode } from './token-family.ts'

let installation: Installation
beforeAll(async () => {
  installation = await startInstallation()
})
afterAll(() => installation?.[Symbol.asyncDispose]())

const random = seededRandom(faultSeed)
const rounds = faultRounds(2)
const gateway = () => random.pick(Object.values(installation.gateways)) ?? ''
const ask = (form: Record<string, string>, at = gateway()) => askToken(installation.demo, at, form)

/** Asks again until it is known what came of it, at any gateway or at one of them. */
async function insist(form: Record<string, string>, at?: string): Promise<Exclude<Attempt, { kind: 'unknown' }>> {
  const known = async () => {
    const attempt = await ask(form, at)
    return attempt.kind === 'unknown' ? undefined : attempt
  }
  return (await waitFor(known, { what: 'an answer of the token endpoint', timeoutMs: 30_000 })) as Exclude<
    Attempt,
    { kind: 'unknown' }
  >
}

/** Kills the token service while the work is under way, and brings it back: both gateways have found it again. */
async function killDuring<Result>(work: () => Promise<Result>): Promise<Result> {
  const working = work()
  await sleep(random.between(0, 60))
  await installation.members.token.kill()
  await installation.members.token.start()
  const found = Object.values(installation.gateways).map((at) => insist({ grant_type: 'client_credentials' }, at))
  await Promise.all(found)
  return working
}

async function family(): Promise<Extract<Attempt, { kind: 'tokens' }>> {
  const code = await authorizationCode(installation.demo)
  const tokens = await insist({ grant_type: 'authorization_code', ...code })
  if (tokens.kind !== 'tokens') throw new Error(`the code was refused: ${tokens.error}`)
  return tokens
}

const callWith = (token: string) =>
  fetch(`${gateway()}/orders/items`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status)

test('killed while codes are redeemed: none gives tokens twice', async () => {
  for (let round = 0; round < rounds; round++) {
    const codes = await Promise.all(Array.from({ length: 4 }, () => authorizationCode(installation.demo)))
    const forms = codes.map((code) => ({ grant_type: 'authorization_code', ...code }))
    // Each is sent three times at once, as an impatient client does, and again when the service is back.
    const first = await killDuring(() => Promise.all([...forms, ...forms, ...forms].map((form) => ask(form))))
    const again = await Promise.all(forms.map((form) => insist(form)))
    for (const [index] of forms.entries()) {
      const attempts = [...first.filter((_, at) => at % forms.length === index), again[index]]
      const won = attempts.filter((attempt) => attempt?.kind === 'tokens')
      expect(won.length).toBeLessThanOrEqual(1)
      // A replay kills what the winner got: a code that comes twice was stolen by one of the two.
      for (const tokens of won) {
        if (tokens?.kind !== 'tokens' || tokens === again[index]) continue
        await waitFor(async () => (await callWith(tokens.accessToken)) === 401, { what: 'the family is dead' })
      }
    }
  }
})

test('killed while tokens are refreshed: a family goes on with one successor, and nothing is usable twice', async () => {
  const families = await Promise.all(Array.from({ length: 4 }, family))
  for (let round = 0; round < rounds; round++) {
    await killDuring(() =>
      Promise.all(
        families.map(async (tokens, index) => {
          const spent = tokens.refreshToken
          const next = await insist({ grant_type: 'refresh_token', refresh_token: spent })
          expect(next).toMatchObject({ kind: 'tokens' })
          if (next.kind === 'tokens') families[index] = next
          expect(families[index]?.refreshToken).not.toBe(spent)
        }),
      ),
    )
  }
  // Two generations back is no retry: it is theft, and the family dies.
  for (const tokens of families) {
    const next = await insist({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken })
    if (next.kind !== 'tokens') throw new Error(next.error)
    await insist({ grant_type: 'refresh_token', refresh_token: next.refreshToken })
    const reuse = await insist({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken })
    expect(reuse).toEqual({ kind: 'refused', error: 'invalid_grant' })
    expect(await insist({ grant_type: 'refresh_token', refresh_token: next.refreshToken })).toMatchObject({
      kind: 'refused',
    })
    await waitFor(async () => (await callWith(tokens.accessToken)) === 401, { what: 'its access tokens are dead' })
  }
})

test('killed while tokens are revoked: an acknowledged revocation stays', async () => {
  const { demo } = installation
  const headers = basic(demo.client_id, demo.client_secret)
  for (let round = 0; round < rounds; round++) {
    const issued = await Promise.all(Array.from({ length: 6 }, () => insist({ grant_type: 'client_credentials' })))
    const tokens = issued.flatMap((attempt) => (attempt.kind === 'tokens' ? [attempt.accessToken] : []))
    expect(tokens).toHaveLength(6)
    const revoke = (token: string) =>
      post(`${gateway()}/oauth2/v2/revoke`, { form: { token }, headers }).then(
        ({ status }) => status === 200,
        () => false,
      )
    const acknowledged = await killDuring(() => Promise.all(tokens.map(revoke)))
    for (const [index, token] of tokens.entries()) {
      if (!acknowledged[index]) continue
      await waitFor(async () => (await callWith(token)) === 401, {
        what: 'a revoked token is refused',
        timeoutMs: 5000,
      })
      expect(await Promise.all(Array.from({ length: 5 }, () => callWith(token)))).toEqual([401, 401, 401, 401, 401])
    }
  }
})

test('killed while devices redeem: none gets tokens twice, and what one got works', async () => {
  for (let round = 0; round < rounds; round++) {
    const codes: string[] = []
    for (let count = 0; count < 3; count++) codes.push(await approvedDevice(installation.demo))
    const forms = codes.map((code) => ({ grant_type: deviceGrant, device_code: code }))
    const first = await killDuring(() => Promise.all([...forms, ...forms, ...forms].map((form) => ask(form))))
    const again = await Promise.all(forms.map((form) => insist(form)))
    for (const [index] of forms.entries()) {
      const attempts = [...first.filter((_, at) => at % forms.length === index), again[index]]
      const won = attempts.filter((attempt) => attempt?.kind === 'tokens')
      expect(won.length).toBeLessThanOrEqual(1)
      for (const tokens of won) {
        if (tokens?.kind === 'tokens') await waitFor(async () => (await callWith(tokens.accessToken)) === 200)
      }
    }
  }
})

test('killed while users sign out: who was told so is signed out, also with the old cookie', async () => {
  const { issuer } = installation.demo
  for (let round = 0; round < rounds; round++) {
    const browsers: Browser[] = []
    for (let count = 0; count < 4; count++) browsers.push(await signedIn(installation.demo))
    const cookies = browsers.map((browser) => new Map(browser.cookies))
    const signOut = async (browser: Browser) => {
      const asked = page(await browser.open(`${issuer}/oauth2/v2/sign-out`))
      return page(await browser.submit(asked, {})).status === 200
    }
    const told = await killDuring(() => Promise.all(browsers.map((each) => signOut(each).catch(() => false))))
    for (const [index, browser] of browsers.entries()) {
      for (const [name, value] of cookies[index] ?? []) browser.cookies.set(name, value)
      const known = async () => ({ is: await isSignedIn(browser, issuer) })
      const { is } = await waitFor(known, { what: 'it is known who is signed in', timeoutMs: 30_000 })
      if (told[index]) expect(is).toBe(false)
    }
  }
})

test('away: what was issued works on, nothing new is issued, and it comes back by itself', async () => {
  const issued = await insist({ grant_type: 'client_credentials' })
  if (issued.kind !== 'tokens') throw new Error(issued.error)
  await installation.members.token.kill()
  expect(await callWith(issued.accessToken)).toBe(200)
  const { body, status } = await post(`${gateway()}/oauth2/v2/token`, {
    form: { grant_type: 'client_credentials' },
    headers: basic(installation.demo.client_id, installation.demo.client_secret),
  })
  expect({ status, error: body['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' })
  await installation.members.token.start()
  expect(await insist({ grant_type: 'client_credentials' })).toMatchObject({ kind: 'tokens' })
})

import {
  ConsentPage,
  ConsentsPage,
  DevicePage,
  type InteractResponse,
  MessagePage,
  SignInPage,
} from '@gatehouse/contracts/token/v1/authorization_service'
import { Facts } from '@gatehouse/contracts/token/v1/token_service'
import { afterEach, describe, expect, test } from 'vitest'
import { type Authorizing, authorizing } from '../../../test/authorizing.ts'

let gateway: Authorizing
afterEach(() => gateway?.close())

type Next = NonNullable<InteractResponse['next']>

async function answering(next: Next): Promise<void> {
  const interact = async () => ({ next, facts: { ...Facts.create(), reason: 'ok' }, newSession: undefined })
  gateway = await authorizing({ interact })
}

const interaction = 'a_sealed-interaction'
const signIn = (more: Partial<SignInPage> = {}): Next => ({
  $case: 'signIn',
  value: SignInPage.fromPartial({ interaction, ...more }),
})
const consent = (sealed = interaction): Next => ({
  $case: 'consent',
  value: ConsentPage.fromPartial({ interaction: sealed }),
})

describe('what a POST led to is shown by GET', () => {
  test.each([
    ['sign-in', consent(), '/oauth2/v2/continue?interaction=a_sealed-interaction'],
    ['device', signIn(), '/oauth2/v2/continue?interaction=a_sealed-interaction'],
    ['consents', { $case: 'consents', value: ConsentsPage.create() } as Next, '/oauth2/v2/consents'],
  ])('%s', async (path, next, location) => {
    await answering(next)
    for (const prefix of ['', '/orders']) {
      const answer = await gateway.post(`${prefix}/oauth2/v2/${path}`, {})
      expect([answer.status, answer.headers.get('location')]).toEqual([303, prefix + location])
      expect(await answer.text()).toBe('')
    }
  })

  test('and that GET shows the page', async () => {
    await answering(consent())
    const answer = await gateway.ask('/oauth2/v2/continue?interaction=x')
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null])
    expect(await answer.text()).toContain(`value="${interaction}"`)
  })
})

describe('what is about that POST alone is shown at once', () => {
  test.each([
    ['a wrong password', signIn({ failed: true }), 400],
    ['too many tries', signIn({ retryAfterSeconds: 9n }), 429],
    ['a wrong code', { $case: 'device', value: DevicePage.fromPartial({ failed: true }) } as Next, 400],
    ['a message', { $case: 'message', value: MessagePage.fromPartial({ kind: 5 }) } as Next, 200],
    ['an interaction too long for an address', consent('x'.repeat(6001)), 200],
  ])('%s', async (_, next, status) => {
    await answering(next)
    const answer = await gateway.post('/oauth2/v2/sign-in', {})
    expect([answer.status, answer.headers.get('location')]).toEqual([status, null])
  })
})

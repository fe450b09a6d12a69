import type { SignInPage } from '@gatehouse/contracts/token/v1/authorization_service'
import { describe, expect, it } from 'vitest'
import { signInPage } from './sign-in.ts'
import { fieldsOf, tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const asked: SignInPage = {
  interaction: 'sealed',
  clientName: 'Till',
  username: '',
  localUsers: true,
  providers: [],
  failed: false,
  retryAfterSeconds: 0n,
  redirectOrigin: 'https://till.example',
}
const show = (changes: Partial<SignInPage> = {}) => signInPage({ ...asked, ...changes }, context)
const field = (page: { html: string }, id: string) =>
  tagsOf(page.html, 'input').find(({ attributes }) => attributes['id'] === id)?.attributes

describe('sign-in page', () => {
  it('sends the interaction back with user name and password, as password managers know them', () => {
    const page = show()
    expect(page.status).toBe(200)
    expect(tagsOf(page.html, 'form')[0]?.attributes['action']).toBe('/oauth2/v2/sign-in')
    expect(fieldsOf(page.html)).toEqual({ interaction: 'sealed', username: '', password: '' })
    expect(field(page, 'username')).toMatchObject({ autocomplete: 'username', autocapitalize: 'none' })
    expect(field(page, 'password')).toMatchObject({ autocomplete: 'current-password', type: 'password' })
  })

  it('says for which client', () => {
    expect(textOf(show().html)).toContain('to go on to Till')
    expect(textOf(show({ clientName: '' }).html)).not.toContain('to go on to')
  })

  it('puts the cursor where the user goes on typing', () => {
    expect(field(show(), 'username')).toHaveProperty('autofocus')
    expect(field(show({ username: 'ada' }), 'username')).toMatchObject({ value: 'ada' })
    expect(field(show({ username: 'ada' }), 'username')).not.toHaveProperty('autofocus')
    expect(field(show({ username: 'ada' }), 'password')).toHaveProperty('autofocus')
  })

  it('never fills in a password', () => {
    expect(field(show({ username: 'ada', failed: true }), 'password')).not.toHaveProperty('value')
  })

  it('tells a failure alike whoever tried, and marks both fields', () => {
    const page = show({ username: 'ada', failed: true })
    expect(page.status).toBe(400)
    expect(textOf(page.html)).toContain('The user name or the password is not right.')
    expect(page.html.match(/role="alert"/g)).toHaveLength(1)
    for (const id of ['username', 'password']) {
      expect(field(page, id)).toMatchObject({ 'aria-invalid': 'true', 'aria-describedby': 'problem' })
    }
    const other = show({ username: 'bob', failed: true })
    expect(other.html.replaceAll('bob', 'ada')).toBe(page.html)
  })

  it.each([
    [1n, '1 second'],
    [30n, '30 seconds'],
    [60n, '1 minute'],
    [61n, '2 minutes'],
  ])('tells to wait %s seconds in words and in the header', (retryAfterSeconds, words) => {
    const page = show({ retryAfterSeconds, failed: true })
    expect(page.status).toBe(429)
    expect(page.headers['Retry-After']).toBe(String(retryAfterSeconds))
    expect(textOf(page.html)).toContain(`wait ${words},`)
  })

  it('offers the identity providers, by id where they have no name', () => {
    const providers = [
      { providerId: 'corp', displayName: 'Example Corp' },
      { providerId: 'uni', displayName: '' },
    ]
    const page = show({ providers })
    expect(tagsOf(page.html, 'form').map(({ attributes }) => attributes['action'])).toEqual([
      '/oauth2/v2/sign-in',
      '/oauth2/v2/federation',
    ])
    const buttons = tagsOf(page.html, 'button').map(({ attributes }) => [attributes['name'], attributes['value']])
    expect(buttons.slice(1)).toEqual([
      ['provider_id', 'corp'],
      ['provider_id', 'uni'],
    ])
    expect(textOf(page.html)).toContain('Sign in with Example Corp Sign in with uni')
  })

  it('has no password field where the environment has no users of its own', () => {
    const page = show({ localUsers: false, providers: [{ providerId: 'corp', displayName: '' }] })
    expect(field(page, 'password')).toBeUndefined()
    expect(textOf(page.html)).not.toContain(' or ')
  })

  it('says so where nobody can sign in', () => {
    const page = show({ localUsers: false })
    expect(tagsOf(page.html, 'form')).toEqual([])
    expect(textOf(page.html)).toContain('Nobody can sign in here yet')
  })

  it('lets the answer lead to the client', () => {
    expect(show({ redirectOrigin: 'com.example.till:' }).headers['Content-Security-Policy']).toContain(
      "form-action 'self' https: com.example.till:;",
    )
  })
})

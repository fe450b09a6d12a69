import type { ConsentPage } from '@gatehouse/contracts/token/v1/authorization_service'
import { describe, expect, it } from 'vitest'
import { consentPage } from './consent.ts'
import { fieldsOf, tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const asked: ConsentPage = {
  interaction: 'sealed',
  clientName: 'Till',
  username: 'ada',
  scopes: [
    { name: 'orders:read', description: 'See your orders' },
    { name: 'offline_access', description: '' },
  ],
  authorizationDetails: [],
  redirectOrigin: 'https://till.example',
  device: false,
}
const show = (changes: Partial<ConsentPage> = {}) => consentPage({ ...asked, ...changes }, context)

describe('consent page', () => {
  it('says who asks whom for what, and where the answer goes', () => {
    const text = textOf(show().html)
    expect(text).toContain('Allow Till? You are signed in as ada.')
    expect(text).toContain('Till asks to: See your orders orders:read offline_access')
    expect(text).toContain('Your answer goes to https://till.example')
  })

  it('sends the interaction back with the decision', () => {
    const page = show()
    expect(tagsOf(page.html, 'form')).toHaveLength(1)
    expect(tagsOf(page.html, 'form')[0]?.attributes).toEqual({ method: 'post', action: '/oauth2/v2/consent' })
    expect(fieldsOf(page.html)).toEqual({ interaction: 'sealed' })
    expect(tagsOf(page.html, 'button').map(({ attributes }) => [attributes['name'], attributes['value']])).toEqual([
      ['decision', 'approve'],
      ['decision', 'deny'],
    ])
  })

  it('warns of a device, whose answer stays here', () => {
    const page = show({ device: true, redirectOrigin: '' })
    expect(textOf(page.html)).toContain('only if you have the device in front of you')
    expect(textOf(page.html)).not.toContain('Your answer goes to')
    expect(page.headers['Content-Security-Policy']).toContain("form-action 'self';")
  })

  it('lets the answer lead to the client', () => {
    expect(show().headers['Content-Security-Policy']).toContain("form-action 'self' https:;")
  })

  it('says what sign-in alone means', () => {
    expect(textOf(show({ scopes: [] }).html)).toContain('Till asks to: know that you signed in')
  })

  it.each([
    [
      'its type and fields',
      '{"type":"payment","instructed_amount":{"currency":"EUR","amount":"9.50"},"to":["a","b"],"once":true}',
      'payment instructed amount currency EUR amount 9.50 to a b once true',
    ],
    ['what a name hides', '{"type":"<b>","__proto__":{"x":1},"n":null}', '<b> proto x 1 n null'],
    ['as sent what lies too deep', '{"type":"t","a":{"b":{"c":{"d":{"e":1}}}}}', 't a b c d {"e":1}'],
    ['as sent what is no object', '["a"]', '["a"]'],
    ['as sent what is no JSON', '{"type":', '{"type":'],
    ['as sent what has no type', '{"a":1}', '{"a":1}'],
  ])('shows of an authorization detail %s', (_, detail, expected) => {
    const text = textOf(show({ scopes: [], authorizationDetails: [detail] }).html)
    expect(text.replace(/ {2,}/g, ' ')).toContain(`Till asks to: ${expected} Your answer`)
  })

  it('lets no value of an authorization detail pass for another field', () => {
    const detail = '{"type":"payment","sum":{"currency":"EUR, amount: 1","amount":"999"}}'
    const page = show({ scopes: [], authorizationDetails: [detail] })
    expect(page.html).toContain('<dd><bdi>EUR, amount: 1</bdi></dd>')
    expect(page.html).toContain('<dd><bdi>999</bdi></dd>')
  })
})

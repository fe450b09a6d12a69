import { ResponseMode } from '@gatehouse/contracts/token/v1/authorization_service'
import { describe, expect, it } from 'vitest'
import { findAsset } from './assets.ts'
import { formPostPage } from './form-post.ts'
import { fieldsOf, tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const parameters = [
  { name: 'code', value: 'ghc_1' },
  { name: 'state', value: '"><&\'\u00e9 x' },
  { name: 'iss', value: 'https://id.example' },
]
const show = (redirectUri: string) =>
  formPostPage({ redirectUri, parameters, responseMode: ResponseMode.RESPONSE_MODE_FORM_POST }, context)

describe('form_post', () => {
  const page = show('https://till.example/cb?x=1&y=2')

  it('sends the parameters unchanged to the redirect URI, exactly', () => {
    expect(page.status).toBe(200)
    expect(tagsOf(page.html, 'form')[0]?.attributes).toEqual({
      method: 'post',
      action: 'https://till.example/cb?x=1&y=2',
    })
    expect(fieldsOf(page.html)).toEqual(Object.fromEntries(parameters.map(({ name, value }) => [name, value])))
  })

  it('sends itself by a script of ours, and has a button for browsers without', () => {
    const [script] = tagsOf(page.html, 'script')
    expect(findAsset(script?.attributes['src']?.split('/oauth2/v2/assets/')[1] ?? '')?.headers['Content-Type']).toBe(
      'text/javascript; charset=utf-8',
    )
    expect(page.html).toMatch(/<script src="[^"]+" defer><\/script>/)
    expect(textOf(page.html)).toContain('Continue')
    expect(page.headers['Content-Security-Policy']).toContain("script-src 'self';")
    expect(page.headers['Content-Security-Policy']).toContain("form-action 'self' https:;")
  })

  it('says where it goes', () => {
    expect(textOf(page.html)).toContain('on your way to https://till.example.')
  })

  it('lets the client see from which origin the form comes, and no more', () => {
    expect(page.headers['Referrer-Policy']).toBe('strict-origin')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'com.example.app:/cb', '', '/cb', 'https://'])(
    'sends nothing to %j',
    (redirectUri) => {
      const refused = show(redirectUri)
      expect(refused.status).toBe(400)
      expect(refused.html).not.toContain('ghc_1')
      expect(tagsOf(refused.html, 'form')).toEqual([])
    },
  )
})

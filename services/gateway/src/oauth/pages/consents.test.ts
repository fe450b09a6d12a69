import { describe, expect, it } from 'vitest'
import { consentsPage } from './consents.ts'
import { tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const scopes = [{ name: 'orders:read', description: 'See your orders' }]
const show = (consents: { clientId: string; clientName: string; scopes: typeof scopes }[]) =>
  consentsPage({ interaction: 'sealed', username: 'ada', consents }, context)

describe('consents page', () => {
  const page = show([
    { clientId: 'c1', clientName: 'Till', scopes },
    { clientId: 'c2', clientName: '', scopes: [] },
  ])

  it('lists what each client may do, by id where it has no name', () => {
    expect(textOf(page.html)).toContain('Till See your orders orders:read Withdraw c2 Withdraw')
  })

  it('tells its buttons apart for those who hear them', () => {
    expect(tagsOf(page.html, 'button').map(({ attributes }) => attributes['aria-label'])).toEqual([
      'Withdraw what Till may do',
      'Withdraw what c2 may do',
    ])
  })

  it('withdraws one client by its own form', () => {
    expect(tagsOf(page.html, 'form').map(({ attributes }) => attributes['action'])).toEqual([
      '/oauth2/v2/consents',
      '/oauth2/v2/consents',
    ])
    const fields = tagsOf(page.html, 'input').map(({ attributes }) => [attributes['name'], attributes['value']])
    expect(fields).toEqual([
      ['interaction', 'sealed'],
      ['client_id', 'c1'],
      ['interaction', 'sealed'],
      ['client_id', 'c2'],
    ])
  })

  it('leads to sign-out', () => {
    expect(tagsOf(page.html, 'a')[0]?.attributes['href']).toBe('/oauth2/v2/sign-out')
  })

  it('says that there are none', () => {
    expect(textOf(show([]).html)).toContain('You have not allowed any app.')
  })
})

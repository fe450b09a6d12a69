import { MessageKind, type MessagePage } from '@gatehouse/contracts/token/v1/authorization_service'
import { describe, expect, it } from 'vitest'
import { errorPage, messagePage } from './message.ts'
import { fieldsOf, tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const nothing = { error: '', errorDescription: '', interaction: '', redirectOrigin: '' }
const show = (kind: MessagePage['kind'], changes: Partial<MessagePage> = {}) =>
  messagePage({ ...nothing, kind, ...changes }, context)

describe('message page', () => {
  it.each([
    ['an approved device', MessageKind.MESSAGE_KIND_DEVICE_APPROVED, 'Your device is in'],
    ['a denied device', MessageKind.MESSAGE_KIND_DEVICE_DENIED, 'Your device stays out'],
    ['a finished sign-out', MessageKind.MESSAGE_KIND_SIGNED_OUT, 'You are signed out'],
  ])('tells %s', (_, kind, words) => {
    const page = show(kind)
    expect(page.status).toBe(200)
    expect(textOf(page.html)).toContain(words)
    expect(tagsOf(page.html, 'form')).toEqual([])
  })

  it('asks before it signs out, and lets the answer lead to the client', () => {
    const page = show(MessageKind.MESSAGE_KIND_SIGN_OUT, { interaction: 'sealed', redirectOrigin: 'https://a.example' })
    expect(tagsOf(page.html, 'form')[0]?.attributes).toEqual({ method: 'post', action: '/oauth2/v2/sign-out' })
    expect(fieldsOf(page.html)).toEqual({ interaction: 'sealed' })
    expect(page.headers['Content-Security-Policy']).toContain("form-action 'self' https:;")
  })

  it.each([
    ['an error', MessageKind.MESSAGE_KIND_ERROR],
    ['a kind that nobody set', MessageKind.MESSAGE_KIND_UNSPECIFIED],
    ['a kind that is not known yet', MessageKind.UNRECOGNIZED],
  ])('tells %s with status 400, and leads nowhere', (_, kind) => {
    const page = show(kind, { error: 'invalid_request', errorDescription: 'no <such> client' })
    expect(page.status).toBe(400)
    expect(textOf(page.html)).toContain('no <such> client invalid_request')
    expect(tagsOf(page.html, 'form')).toEqual([])
    expect(tagsOf(page.html, 'a')).toEqual([])
  })

  it('says something even of an error without words', () => {
    expect(textOf(show(MessageKind.MESSAGE_KIND_ERROR).html)).toContain('The request cannot be answered.')
  })

  it('tells what the gateway itself refuses', () => {
    const headers = { 'Retry-After': '1' }
    const page = errorPage(
      { status: 503, error: 'temporarily_unavailable', errorDescription: 'away', headers },
      context,
    )
    expect(page).toMatchObject({ status: 503, headers: { 'Retry-After': '1', 'Cache-Control': 'no-store' } })
    expect(textOf(page.html)).toContain('away temporarily_unavailable Please try again in a moment.')
  })
})

import type { DevicePage } from '@gatehouse/contracts/token/v1/authorization_service'
import { describe, expect, it } from 'vitest'
import { devicePage } from './device.ts'
import { fieldsOf, tagsOf, textOf } from './testing/parse.ts'

const context = { prefix: '/oauth2/v2', environment: 'alpha', secure: true }
const show = (changes: Partial<DevicePage> = {}) =>
  devicePage({ failed: false, userCode: '', retryAfterSeconds: 0n, ...changes }, context)

describe('device page', () => {
  it('sends the code', () => {
    const page = show({ userCode: 'WDJB-MJHT' })
    expect(page.status).toBe(200)
    expect(tagsOf(page.html, 'form')[0]?.attributes['action']).toBe('/oauth2/v2/device')
    expect(fieldsOf(page.html)).toEqual({ user_code: 'WDJB-MJHT' })
    expect(page.html).not.toContain('role="alert"')
  })

  it('tells a code that does not work, whatever the reason', () => {
    const page = show({ failed: true, userCode: 'WDJB-MJHT' })
    expect(page.status).toBe(400)
    expect(textOf(page.html)).toContain('That code does not work')
    expect(tagsOf(page.html, 'input')[0]?.attributes).toMatchObject({
      'aria-invalid': 'true',
      'aria-describedby': 'problem code-hint',
    })
  })

  it('tells to wait', () => {
    const page = show({ retryAfterSeconds: 30n })
    expect(page.status).toBe(429)
    expect(page.headers['Retry-After']).toBe('30')
    expect(textOf(page.html)).toContain('wait 30 seconds')
  })
})

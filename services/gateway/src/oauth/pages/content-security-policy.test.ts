import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contentSecurityPolicy } from './content-security-policy.ts'

/** The sources of `form-action`. */
function formAction(secure: boolean, leavesTo?: string): string {
  const policy = contentSecurityPolicy(leavesTo === undefined ? { secure } : { secure, leavesTo })
  return /form-action ([^;]*);/.exec(policy)![1]!
}

describe('the policy of a page', () => {
  it('allows our own style and images, no script, no frame, no base', () => {
    expect(contentSecurityPolicy({ secure: true })).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
  })

  it('allows our own script where asked', () => {
    expect(contentSecurityPolicy({ secure: true }, true)).toContain("script-src 'self';")
  })

  it.each([
    ['stays', true, undefined, "'self'"],
    ['stays, plain', false, undefined, "'self'"],
    ['leaves to an unknown place', true, '', "'self' https:"],
    ['leaves to a web client', true, 'https://app.example', "'self' https:"],
    ['leaves to a loopback client', true, 'http://127.0.0.1:51004', "'self' https: http://127.0.0.1:51004"],
    ['leaves to localhost', true, 'http://localhost:3000', "'self' https: http://localhost:3000"],
    ['leaves to IPv6 loopback', true, 'http://[::1]:51004', "'self' https: http:"],
    ['leaves to an app', true, 'com.example.app:', "'self' https: com.example.app:"],
    ['leaves to an app with a host', true, 'com.example.app://cb', "'self' https: com.example.app:"],
    ['leaves from a plain issuer', false, 'http://127.0.0.1:1', "'self' http:"],
    ['a plain place that is no loopback', true, 'http://evil.example', "'self' https:"],
    ['a name that only begins like loopback', true, 'http://127.0.0.1.evil.example', "'self' https:"],
    ['a script', true, 'javascript:', "'self' https:"],
    ['data', true, 'data:', "'self' https:"],
  ])('form-action where the form %s', (_, secure, leavesTo, expected) => {
    expect(formAction(secure, leavesTo)).toBe(expected)
  })

  it('takes no directive and no source from the text of an origin', () => {
    fc.assert(
      fc.property(fc.string(), fc.boolean(), (origin, secure) => {
        for (const leavesTo of [origin, `com.example:${origin}`, `http://127.0.0.1:1${origin}`, `a.b://${origin}`]) {
          const policy = contentSecurityPolicy({ secure, leavesTo })
          expect(policy).toMatch(/^[\x20-\x7e]*$/)
          expect(policy.split(';')).toHaveLength(6)
          expect(policy).not.toMatch(/unsafe|\*/)
        }
      }),
    )
  })
})

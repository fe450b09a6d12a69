import { expect, test } from 'vitest'
import { serviceOf } from './caller.ts'

const certificate = (subjectaltname: string | undefined, CN: string | string[] = 'audit') =>
  ({ subject: { CN }, ...(subjectaltname !== undefined && { subjectaltname }) }) as Parameters<typeof serviceOf>[0]

test.each([
  ['its SPIFFE id', 'URI:spiffe://gatehouse/console, DNS:localhost', 'console'],
  ['its common name when no SPIFFE id is there', 'DNS:localhost', 'audit'],
  ['its common name without alternative names', undefined, 'audit'],
])('a certificate speaks for the service of %s', (_, names, service) => {
  expect(serviceOf(certificate(names))).toBe(service)
})

test.each([
  ['two services', 'URI:spiffe://gatehouse/console, URI:spiffe://gatehouse/audit'],
  ['a quoted name that poses as a list', 'DNS:"x, URI:spiffe://gatehouse/console, y"'],
])('it speaks for nobody with %s', (_, names) => {
  expect(serviceOf(certificate(names))).toBeUndefined()
})

test.each([
  'spiffe://other/console',
  'spiffe://gatehouse/console/x',
  'spiffe://gatehouse/',
  'SPIFFE://gatehouse/console',
])('the foreign identity %s does not count as a service', (uri) => {
  expect(serviceOf(certificate(`URI:${uri}`, 'Not A Service'))).toBeUndefined()
})

test('two common names are no name', () => {
  expect(serviceOf(certificate(undefined, ['console', 'audit']))).toBeUndefined()
})

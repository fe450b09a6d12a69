import { describe, expect, test } from 'vitest'
import { redirectUriOf } from './redirect-uri.ts'

const web = 'https://app.example/cb?tenant=1'
const native = 'http://127.0.0.1/cb'
const native6 = 'http://[::1]:8000/cb'
const registered = [web, native, native6, 'com.example.app:/cb', 'http://localhost/cb']

describe('accepted', () => {
  test.each(registered)('%s as registered', (uri) => {
    expect(redirectUriOf(registered, uri)).toEqual({ uri, sent: uri })
  })
  test.each(['http://127.0.0.1:1/cb', 'http://127.0.0.1:51004/cb', 'http://127.0.0.1:65535/cb', 'http://[::1]/cb'])(
    '%s: any port of a loopback address',
    (uri) => expect(redirectUriOf(registered, uri)).toEqual({ uri, sent: uri }),
  )
  test('left out where there is one', () => {
    expect(redirectUriOf([web], undefined)).toEqual({ uri: web, sent: '' })
  })
})

describe('refused', () => {
  test.each([
    ...[`${web}/x`, `${web}&a`, `${web}#f`, 'https://app.example/cb', 'https://app.example/cb?tenant=2'],
    ...['https://app.example/%2e%2e/cb?tenant=1', 'https://ok@app.example/cb?tenant=1', 'https://app.example@evil/cb'],
    ...['https://app.example\\cb?tenant=1', 'https://APP.example/cb?tenant=1', 'HTTPS://app.example/cb?tenant=1'],
    ...['https://app.example:443/cb?tenant=1', 'https://аpp.example/cb?tenant=1', 'https://app.example./cb?tenant=1'],
    ...[`${web} `, ` ${web}`, `${web}\n`, 'http://app.example/cb?tenant=1', '//app.example/cb?tenant=1'],
    ...['http://127.0.0.1:80x/cb', 'http://127.0.0.1:0/cb', 'http://127.0.0.1:65536/cb', 'http://127.0.0.1:00080/cb'],
    ...['http://127.0.0.1:/cb', 'http://127.0.0.1:80/other', 'http://127.0.0.1:80/cb?a', 'http://127.0.0.1:80@evil/cb'],
    ...['http://127.0.0.1.evil/cb', 'http://127.0.0.1:80.evil/cb', 'http://127.1:80/cb', 'http://2130706433/cb'],
    ...['https://127.0.0.1:80/cb', 'http://[::1:80/cb', 'http://[::ffff:127.0.0.1]/cb', 'http://user@127.0.0.1/cb'],
    ...['http://localhost:8000/cb', 'http://localhost.evil/cb', 'http://127.0.0.1:80\\@evil/cb', ''],
  ])('%j', (uri) => expect(redirectUriOf(registered, uri)).toBeUndefined())
  test('left out where there are several', () => expect(redirectUriOf(registered, undefined)).toBeUndefined())
  test('left out where there is none', () => expect(redirectUriOf([], undefined)).toBeUndefined())
  test('a loopback port where no loopback address is registered', () =>
    expect(redirectUriOf([web], 'http://127.0.0.1:80/cb')).toBeUndefined())
})

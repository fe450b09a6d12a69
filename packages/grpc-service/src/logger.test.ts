import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

const canary = 'gh_alpha_7QK2N4P6R8_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA_9f3c2d'

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = []
  write(createLogger('audit', { write: (line) => lines.push(line) }))
  return lines.join('')
}

test.each<[string, (log: ReturnType<typeof createLogger>) => void]>([
  ['a message', (log) => log.info(`key ${canary} refused`)],
  ['a deep field', (log) => log.info({ a: { b: { c: [{ d: canary }] } } }, 'x')],
  ['an error text and its stack', (log) => log.error({ err: new Error(`bad key ${canary}`) }, 'x')],
  ['a URL', (log) => log.info({ url: `/orders?api_key=${canary}&x=1` }, 'x')],
])('an API key is redacted in %s', (_, write) => {
  const line = logged(write)
  expect(line).toContain('[redacted]')
  expect(line).not.toContain('Zm9vYmFy')
})

test.each(['authorization', 'Authorization', 'x-api-key', 'api_key_secret', 'apiKeySecret', 'cookie', 'client_secret'])(
  'the field %s is redacted whatever it holds, and the line stays JSON',
  (field) => {
    const line = logged((log) => log.info({ headers: { [field]: 'tr"icky\\secret', host: 'h' } }, 'x'))
    expect(JSON.parse(line).headers).toEqual({ [field]: '[redacted]', host: 'h' })
    const list = logged((log) => log.info({ [field]: ['one]secret', 'two'] }, 'x'))
    expect(JSON.parse(list)[field]).toBe('[redacted]')
  },
)

test('Bearer, Basic and ApiKey credentials are redacted in text', () => {
  const line = logged((log) => log.info('sent Bearer abcdef123 and Basic dXNlcjpwYXNz and ApiKey 0123456'))
  expect(JSON.parse(line).msg).toBe('sent [redacted] and [redacted] and [redacted]')
})

test.each([
  ['CRLF', '\r\n'],
  ['ANSI', '\u001b[31m'],
  ['ANSI in one byte (C1)', '\u009b31m'],
  ['DEL', '\u007f'],
  ['line and paragraph separator', '\u2028\u2029'],
  ['marks that turn the direction', '\u202e\u2066\u200f'],
  ['tags beyond the basic plane', '\u{e0041}'],
])('%s stands escaped in one line, and reads as what it was', (_, text) => {
  const line = logged((log) => log.warn({ path: `/a${text}`, [`${text}x`]: 1, err: new Error(text) }, `a${text}b`))
  expect(line).toMatch(/^[\x20-\x7e]+\n$/)
  expect(JSON.parse(line)).toMatchObject({ path: `/a${text}`, [`${text}x`]: 1, msg: `a${text}b` })
})

test('an API key id is no secret', () => {
  expect(JSON.parse(logged((log) => log.info({ api_key_id: '7QK2N4P6R8' }, 'x'))).api_key_id).toBe('7QK2N4P6R8')
})

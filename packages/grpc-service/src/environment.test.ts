import { expect, test } from 'vitest'
import { address, ConfigurationError, flag, integer, list, optionalText, port, readEnv, text } from './environment.ts'

const table = {
  url: text('URL'),
  address: address('ADDRESS', '127.0.0.1:7101'),
  port: port('PORT', 9101),
  workers: integer('WORKERS', { default: 1, min: 1, max: 64 }),
  reflection: flag('REFLECTION', false),
  brokers: list('BROKERS'),
  redis: optionalText('REDIS'),
}

test('reads values of the right type, and defaults for what is absent or empty', () => {
  expect(readEnv(table, { URL: 'postgres://x', BROKERS: 'a:1, b:2,', REFLECTION: 'true', WORKERS: '' })).toEqual({
    url: 'postgres://x',
    address: '127.0.0.1:7101',
    port: 9101,
    workers: 1,
    reflection: true,
    brokers: ['a:1', 'b:2'],
    redis: undefined,
  })
})

test('names every variable that is wrong, at once', () => {
  const wrong = { PORT: '99999', WORKERS: '1.5', REFLECTION: 'yes', ADDRESS: 'localhost' }
  expect(() => readEnv(table, wrong)).toThrow(
    new ConfigurationError(
      'URL is required',
      'ADDRESS must be host:port',
      'PORT must be a whole number from 0 to 65535',
      'WORKERS must be a whole number from 1 to 64',
      'REFLECTION must be true or false',
    ),
  )
})

import type { IntrospectionFormat, IntrospectRequest } from '@gatehouse/contracts/token/v1/token_service'
import { expect, test } from 'vitest'
import type { TokenParts } from '../token-parts.ts'
import { introspect } from './introspect.ts'

/** Nothing of the service is looked at. */
const untouched = new Proxy({} as TokenParts, {
  get: (_, name) => {
    throw new Error(`${String(name)} was asked for`)
  },
})

test.each([0, 3, 99, -1, 2 ** 31 - 1])(
  'the format %i, which there is none of, is refused by its name',
  async (format) => {
    const request: IntrospectRequest = { endpoint: undefined, parameters: [], format: format as IntrospectionFormat }
    await expect(introspect(untouched, request)).rejects.toMatchObject({
      ...{ status: 'INVALID_ARGUMENT', violations: [{ field: 'format', description: expect.any(String) }] },
    })
  },
)

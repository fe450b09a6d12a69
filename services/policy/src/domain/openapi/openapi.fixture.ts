import type { Api } from '@gatehouse/contracts/policy/v1/api'
import { GatehouseError } from '@gatehouse/errors'
import { api } from '../api/api.fixture.ts'
import { importOpenApi } from './import-openapi.ts'

export const settings = (changes: Partial<Api> = {}) => api({ operations: [], ...changes })
/** A security scheme of every kind. */
export const schemes = {
  Key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  QueryKey: { type: 'apiKey', in: 'query', name: 'key' },
  OAuth: {
    type: 'oauth2',
    flows: {
      clientCredentials: { tokenUrl: 'https://a', scopes: { a: '', b: 'Write b' } },
      authorizationCode: { authorizationUrl: 'https://a', tokenUrl: 'https://a', scopes: { a: 'Read a' } },
    },
  },
  Oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://a' },
  Basic: { type: 'http', scheme: 'Basic' },
  Bearer: { type: 'http', scheme: 'bearer' },
  Mtls: { type: 'mutualTLS' },
}

/** Where the operation of `document` stands. */
export const get = 'document#/paths/~1items/get'

/** A document of one operation. */
export function document(operation: object, changes: object = {}): string {
  const paths = { '/items': { get: { operationId: 'list', ...operation } } }
  return JSON.stringify({ openapi: '3.1.0', paths, components: { securitySchemes: schemes }, ...changes })
}

/** The fields that an import refuses. */
export function fields(text: string, given = settings()): string[] {
  try {
    importOpenApi(given, text)
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error
    return error.violations.map(({ field }) => field)
  }
  return []
}

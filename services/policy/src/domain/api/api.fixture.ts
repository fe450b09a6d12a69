import { Api, ApiState, Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'

export const apiKeySecurity = [{ requirements: [{ scheme: SecurityScheme.SECURITY_SCHEME_API_KEY, scopes: [] }] }]

/** `GET /orders/{id}` with the id `op`. */
export function operation(operationId: string, route: string, changes: Partial<Operation> = {}): Operation {
  const [method = '', pathTemplate = ''] = route.split(' ')
  return { ...Operation.create(), operationId, method, pathTemplate, security: apiKeySecurity, ...changes }
}

export function api(changes: Partial<Api> = {}): Api {
  return {
    ...Api.create(),
    apiId: 'orders',
    environmentId: 'alpha',
    upstreams: ['http://127.0.0.1:9000'],
    operations: [operation('get-order', 'GET /{id}')],
    state: ApiState.API_STATE_PUBLISHED,
    ...changes,
  }
}

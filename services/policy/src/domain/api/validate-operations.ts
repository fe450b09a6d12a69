import { type Operation, type SecurityAlternative, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { parsePathTemplate } from '@gatehouse/policy-engine'
import { checkEnforcement, checkRateLimits, isScopeToken } from '../syntax.ts'
import type { Violations } from '../violations.ts'

const operationsMax = 10_000
const alternativesMax = 16
const operationIdSyntax = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/
/** CONNECT and TRACE are never forwarded. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const schemes: readonly SecurityScheme[] = [
  SecurityScheme.SECURITY_SCHEME_API_KEY,
  SecurityScheme.SECURITY_SCHEME_OAUTH2,
  SecurityScheme.SECURITY_SCHEME_BASIC,
  SecurityScheme.SECURITY_SCHEME_MUTUAL_TLS,
]

export function checkOperations(violations: Violations, operations: readonly Operation[]): void {
  const count = operations.length
  violations.require(count > 0 && count <= operationsMax, 'api.operations', `must be between 1 and ${operationsMax}`)
  for (const [index, operation] of operations.entries()) checkOperation(violations, place(index), operation)
  violations.requireUnique(
    operations.map(({ operationId }) => operationId),
    (index) => `${place(index)}.operation_id`,
  )
  violations.requireUnique(operations.map(routeOf), (index) => `${place(index)}.path_template`)
}

const place = (index: number) => `api.operations[${index}]`

function checkOperation(violations: Violations, field: string, operation: Operation): void {
  const idSound = operationIdSyntax.test(operation.operationId)
  violations.require(idSound, `${field}.operation_id`, 'must be [A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}')
  violations.require(methods.includes(operation.method), `${field}.method`, `must be one of ${methods.join(', ')}`)
  const template = parsePathTemplate(operation.pathTemplate)
  if (typeof template === 'string') violations.add(`${field}.path_template`, template)
  // `/{api}/oauth2/…` is the token endpoint of the API.
  const reserved = /^\/oauth2(\/|$)/.test(operation.pathTemplate)
  violations.require(!reserved, `${field}.path_template`, 'is reserved: /oauth2 is for tokens')
  checkSecurity(violations, `${field}.security`, operation.security)
  checkEnforcement(violations, `${field}.enforcement`, operation.enforcement)
  checkRateLimits(violations, `${field}.rate_limits`, operation.rateLimits)
}

function checkSecurity(violations: Violations, field: string, security: readonly SecurityAlternative[]): void {
  violations.require(security.length <= alternativesMax, field, `must be at most ${alternativesMax} alternatives`)
  for (const [index, { requirements }] of security.entries()) {
    for (const [at, { scheme, scopes }] of requirements.entries()) {
      const where = `${field}[${index}].requirements[${at}]`
      violations.require(schemes.includes(scheme), `${where}.scheme`, 'must be a known scheme')
      for (const [number, scope] of scopes.entries()) {
        violations.require(isScopeToken(scope), `${where}.scopes[${number}]`, 'must be an RFC 6749 scope token')
      }
      violations.requireUnique(scopes, (number) => `${where}.scopes[${number}]`)
    }
  }
}

/** Method and template without parameter names; operations whose template is wrong are told so, not that they repeat. */
function routeOf({ method, pathTemplate }: Operation, index: number): string {
  const template = parsePathTemplate(pathTemplate)
  return typeof template === 'string' ? `${index}` : `${method} ${template.shape}`
}

import type { Operation } from '@gatehouse/contracts/policy/v1/api'
import { checkExtensions, readEnforcement, readForwardCredential, readRateLimits } from './extensions.ts'
import { child, entries, isObject, type Place, type Problems } from './place.ts'
import { resolve } from './resolve.ts'
import { type ReadSecurity, readSecurity } from './security.ts'

export interface ReadOperation {
  readonly operation: Operation
  readonly place: Place
  readonly security: ReadSecurity
}

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options']
/** Of a path item: they describe, and do not decide. `servers` is ours to say, as upstreams. */
const ignoredKeys = ['summary', 'description', 'servers', 'parameters', '$ref']
const operationExtensions = ['audit-mode', 'max-staleness', 'rate-limits', 'forward-credential']

/** The operations of `paths`, in their order. */
export function readOperations(problems: Problems, document: Place): readonly ReadOperation[] {
  const paths = child(document, 'paths')
  if (!isObject(paths.value)) problems.add(paths, 'must be an object from path to path item')
  return entries(paths).flatMap(([path, item]) => {
    if (path.startsWith('x-')) return []
    const resolved = resolve(problems, document, item)
    for (const [key, place] of resolved === item ? [] : entries(item)) {
      if (methods.includes(key)) problems.add(place, 'is not supported beside $ref')
    }
    return resolved ? readPathItem(problems, document, path, resolved) : []
  })
}

function readPathItem(problems: Problems, document: Place, path: string, item: Place): ReadOperation[] {
  if (!isObject(item.value)) problems.add(item, 'must be an object')
  checkExtensions(problems, item, [])
  return entries(item).flatMap(([key, place]) => {
    if (methods.includes(key)) return readOperation(problems, document, { method: key, path, place })
    if (!key.startsWith('x-') && !ignoredKeys.includes(key)) {
      problems.add(place, `is not supported; there are ${methods.join(', ')}`)
    }
    return []
  })
}

interface FoundOperation {
  readonly method: string
  readonly path: string
  readonly place: Place
}

function readOperation(problems: Problems, document: Place, { method, path, place }: FoundOperation): ReadOperation[] {
  if (!isObject(place.value)) {
    problems.add(place, 'must be an object')
    return []
  }
  checkExtensions(problems, place, operationExtensions)
  const security = readSecurity(problems, document, place)
  const operation: Operation = {
    operationId: readOperationId(problems, place, method, path),
    method: method.toUpperCase(),
    pathTemplate: path,
    security: security.alternatives,
    enforcement: readEnforcement(problems, place),
    rateLimits: readRateLimits(problems, place),
    forwardCredential: readForwardCredential(problems, place),
    apiKeyInQuery: security.apiKeys.some((apiKey) => apiKey.in === 'query'),
  }
  return [{ operation, place, security }]
}

/** Without `operationId`: method and path, `get_orders_order_id` for `GET /orders/{order_id}`. */
function readOperationId(problems: Problems, operation: Place, method: string, path: string): string {
  const given = child(operation, 'operationId')
  if (typeof given.value === 'string') return given.value
  if (given.value !== undefined) problems.add(given, 'must be a text')
  const words = path.split(/[^A-Za-z0-9_.-]+/).filter(Boolean)
  return [method, ...words].join('_').slice(0, 128)
}

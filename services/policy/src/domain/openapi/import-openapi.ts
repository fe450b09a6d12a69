import type { Api, ApiKeySources } from '@gatehouse/contracts/policy/v1/api'
import { type FieldViolation, invalidArgument } from '@gatehouse/errors'
import { checkApi, normalized } from '../api/validate.ts'
import { Violations } from '../violations.ts'
import { checkExtensions, readEnforcement } from './extensions.ts'
import { child, fieldOf, type Place, Problems, root } from './place.ts'
import { readDocument } from './read-document.ts'
import { type ReadOperation, readOperations } from './read-operations.ts'
import { readTokens, tokensKey } from './tokens.ts'

/**
 * The API that an OpenAPI 3.0 or 3.1 document describes, on the settings given with it.
 *
 * Taken over: paths, methods, `operationId` (made from method and path where absent), `security` with its schemes, the
 * scopes of their flows, and the extensions `x-gatehouse-audit-mode`, `-max-staleness` (document and operation),
 * `-tokens` (document), `-rate-limits` and `-forward-credential` (operation). Passed over, because nothing is decided by it: `info`, `servers` (the upstreams are
 * given), parameters, bodies, responses, schemas, callbacks and webhooks, tags, other extensions.
 *
 * @throws GatehouseError INVALID_ARGUMENT naming every place that is wrong or not supported, as JSON pointer
 */
export function importOpenApi(given: Api | undefined, text: string): Api {
  if (!given) throw invalidArgument([{ field: 'api', description: 'is required' }])
  const document = root(readDocument(text))
  const problems = new Problems()
  checkVersion(problems, document)
  checkExtensions(problems, document, ['audit-mode', 'max-staleness', 'tokens'])
  const read = readOperations(problems, document)
  const api = normalized({
    ...given,
    operations: read.map(({ operation }) => operation),
    apiKeySources: readApiKeySources(problems, given.apiKeySources, read),
    enforcement: given.enforcement ?? readEnforcement(problems, document),
    tokens: readTokens(problems, document, given.tokens, read),
  })
  if (given.operations.length > 0)
    problems.addViolation({ field: 'api.operations', description: 'must be empty: the document gives them' })
  const violations = new Violations()
  checkApi(violations, api)
  // What the document got wrong shows again in what was made of it: told once, at its place.
  for (const violation of violations.list) {
    const placed = placeViolation(violation, read, given.tokens ? undefined : child(document, tokensKey))
    if (placed === violation || !problems.found) problems.addViolation(placed)
  }
  problems.throwIfAny()
  return api
}

function checkVersion(problems: Problems, document: Place): void {
  const version = child(document, 'openapi')
  if (typeof version.value === 'string' && /^3\.[01]\.\d+(-.+)?$/.test(version.value)) return
  problems.add(version, 'must be 3.0.x or 3.1.x')
}

/** Headers and the query parameter that hold API keys, beside those that were given. */
function readApiKeySources(
  problems: Problems,
  given: ApiKeySources | undefined,
  read: readonly ReadOperation[],
): ApiKeySources | undefined {
  const headerNames = new Map((given?.headerNames ?? []).map((name) => [name.toLowerCase(), name]))
  let queryParameter = given?.queryParameter ?? ''
  for (const { name, place, ...apiKey } of read.flatMap(({ security }) => security.apiKeys)) {
    if (apiKey.in === 'header') {
      // `Authorization: ApiKey …` is read for every API.
      const lower = name.toLowerCase()
      if (lower !== 'authorization' && !headerNames.has(lower)) headerNames.set(lower, name)
    } else if (queryParameter === '' || queryParameter === name) queryParameter = name
    else problems.add(place, `must be ${queryParameter}: an API has one query parameter for its keys`)
  }
  if (headerNames.size === 0 && queryParameter === '') return given
  return { headerNames: [...headerNames.values()], queryParameter }
}

const operationField = /^api\.operations\[(\d+)\](?:\.(\w+))?/
const documentKeys: Readonly<Record<string, string>> = {
  operation_id: 'operationId',
  security: 'security',
  rate_limits: 'x-gatehouse-rate-limits',
  enforcement: 'x-gatehouse-max-staleness',
}

/** A violation of an operation or of token settings that the document gave is told at their place. */
function placeViolation(
  violation: FieldViolation,
  read: readonly ReadOperation[],
  tokens: Place | undefined,
): FieldViolation {
  if (tokens && violation.field.startsWith('api.tokens.')) {
    const { field, description } = violation
    return { field: fieldOf(tokens), description: `${field.slice('api.tokens.'.length)} ${description}` }
  }
  const match = operationField.exec(violation.field)
  const place = read[Number(match?.[1])]?.place
  if (!match || !place) return violation
  const key = documentKeys[match[2] ?? '']
  return { field: fieldOf(key ? child(place, key) : place), description: tellPlaces(violation.description, read) }
}

function tellPlaces(description: string, read: readonly ReadOperation[]): string {
  return description.replace(/api\.operations\[(\d+)\](\.\w+)?/, (text, index) => {
    const place = read[Number(index)]?.place
    return place ? fieldOf(place) : text
  })
}

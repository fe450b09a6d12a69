import { SigningAlgorithm, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { readDuration } from './extensions.ts'
import { readScopes } from './oauth-flows.ts'
import { child, entries, isObject, type Place, type Problems } from './place.ts'
import type { ReadOperation } from './read-operations.ts'

export const tokensKey = 'x-gatehouse-tokens'

const keys = ['resource', 'form', 'lifetime', 'algorithm', 'scopes', 'authorization-detail-types', 'sender-constrained']
const forms: Readonly<Record<string, TokenForm>> = {
  jwt: TokenForm.TOKEN_FORM_JWT,
  phantom: TokenForm.TOKEN_FORM_PHANTOM,
  split: TokenForm.TOKEN_FORM_SPLIT,
}
const algorithms: Readonly<Record<string, SigningAlgorithm>> = {
  es256: SigningAlgorithm.SIGNING_ALGORITHM_ES256,
  rs256: SigningAlgorithm.SIGNING_ALGORITHM_RS256,
}

/**
 * How tokens for the API are made: as given, else as the document's `x-gatehouse-tokens` says, else in the default way
 * where an operation takes tokens; with the scopes that the schemes of its operations declare.
 */
export function readTokens(
  problems: Problems,
  document: Place,
  given: TokenSettings | undefined,
  read: readonly ReadOperation[],
): TokenSettings | undefined {
  const place = child(document, tokensKey)
  const described = place.value === undefined ? undefined : readDescribed(problems, place)
  const declared = read.flatMap(({ security }) => security.scopes)
  const takesTokens = read.some(({ security }) => security.takesTokens)
  const settings = given ?? described ?? (takesTokens ? TokenSettings.create() : undefined)
  if (!settings) return undefined
  const scopes = new Map(settings.scopes.map((scope) => [scope.name, scope]))
  for (const scope of [...(described?.scopes ?? []), ...declared]) {
    // The first that says something in words goes before those that only name the scope.
    if (!scopes.get(scope.name)?.description) scopes.set(scope.name, scope)
  }
  return { ...settings, scopes: [...scopes.values()] }
}

function readDescribed(problems: Problems, place: Place): TokenSettings {
  if (!isObject(place.value)) problems.add(place, `must be an object of ${keys.join(', ')}`)
  for (const [key, unknown] of entries(place)) if (!keys.includes(key)) problems.add(unknown, 'is not known')
  const [resource, lifetime, scopes] = [child(place, 'resource'), child(place, 'lifetime'), child(place, 'scopes')]
  const types = child(place, 'authorization-detail-types')
  const constrained = child(place, 'sender-constrained')
  if (resource.value !== undefined && typeof resource.value !== 'string') problems.add(resource, 'must be a text')
  if (constrained.value !== undefined && typeof constrained.value !== 'boolean')
    problems.add(constrained, 'must be true or false')
  return {
    resource: typeof resource.value === 'string' ? resource.value : '',
    form: readName(problems, child(place, 'form'), forms) ?? TokenForm.TOKEN_FORM_UNSPECIFIED,
    lifetime: lifetime.value === undefined ? undefined : readDuration(problems, lifetime),
    algorithm:
      readName(problems, child(place, 'algorithm'), algorithms) ?? SigningAlgorithm.SIGNING_ALGORITHM_UNSPECIFIED,
    scopes: scopes.value === undefined ? [] : readScopes(problems, scopes),
    authorizationDetailTypes: types.value === undefined ? [] : readTexts(problems, types),
    senderConstrained: constrained.value === true,
  }
}

function readName<Value>(problems: Problems, place: Place, names: Readonly<Record<string, Value>>): Value | undefined {
  const { value } = place
  if (value === undefined) return undefined
  const name = typeof value === 'string' ? value.toLowerCase() : ''
  if (Object.hasOwn(names, name)) return names[name]
  problems.add(place, `must be one of ${Object.keys(names).join(', ')}`)
  return undefined
}

function readTexts(problems: Problems, place: Place): readonly string[] {
  if (Array.isArray(place.value) && place.value.every((text) => typeof text === 'string')) return place.value
  problems.add(place, 'must be a list of texts')
  return []
}

import { type Api, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { SigningAlgorithm, TokenForm, type TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { durationMicros, tokenLifetimeSecondsMax } from '@gatehouse/policy-engine'
import { checkDisplayName, isScopeToken } from '../syntax.ts'
import type { Violations } from '../violations.ts'

const scopesMax = 500
const detailTypesMax = 50
const resourceCharsMax = 2048
const field = 'api.tokens'

const forms: readonly TokenForm[] = [
  TokenForm.TOKEN_FORM_UNSPECIFIED,
  TokenForm.TOKEN_FORM_JWT,
  TokenForm.TOKEN_FORM_PHANTOM,
  TokenForm.TOKEN_FORM_SPLIT,
]
const algorithms: readonly SigningAlgorithm[] = [
  SigningAlgorithm.SIGNING_ALGORITHM_UNSPECIFIED,
  SigningAlgorithm.SIGNING_ALGORITHM_ES256,
  SigningAlgorithm.SIGNING_ALGORITHM_RS256,
]
/** OpenID Connect core sections 3.1.2.1, 5.4 and 11: they ask for claims of the user, not for the API. */
const openIdScopes = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']

/** How access tokens for the API are made, and that its operations ask for no scope that no token can have. */
export function checkTokens(violations: Violations, { tokens, operations }: Api): void {
  if (!tokens) return
  if (tokens.resource) {
    const fault = resourceFault(tokens.resource)
    if (fault) violations.add(`${field}.resource`, fault)
  }
  violations.require(forms.includes(tokens.form), `${field}.form`, 'must be jwt, phantom or split')
  violations.require(algorithms.includes(tokens.algorithm), `${field}.algorithm`, 'must be es256 or rs256')
  const micros = durationMicros(tokens.lifetime)
  const sound = !tokens.lifetime || (micros !== undefined && micros >= 1e6 && micros <= tokenLifetimeSecondsMax * 1e6)
  violations.require(sound, `${field}.lifetime`, 'must be 1 s to 1 d')
  checkScopes(violations, tokens)
  checkDetailTypes(violations, tokens)
  checkOperationScopes(violations, tokens, operations)
}

/** RFC 8707 section 2. */
function resourceFault(resource: string): string | undefined {
  const sound = resource.length <= resourceCharsMax && /^[a-z][a-z0-9+.-]*:[!-~]+$/.test(resource)
  if (!sound || !URL.canParse(resource)) return 'must be an absolute URI'
  return resource.includes('#') ? 'must have no fragment' : undefined
}

function checkScopes(violations: Violations, { scopes }: TokenSettings): void {
  violations.require(scopes.length <= scopesMax, `${field}.scopes`, `must be at most ${scopesMax}`)
  for (const [index, { name, description }] of scopes.entries()) {
    violations.require(isScopeToken(name), `${field}.scopes[${index}].name`, 'must be an RFC 6749 scope token')
    violations.require(!openIdScopes.includes(name), `${field}.scopes[${index}].name`, 'is a scope of OpenID Connect')
    checkDisplayName(violations, `${field}.scopes[${index}].description`, description)
  }
  violations.requireUnique(
    scopes.map(({ name }) => name),
    (index) => `${field}.scopes[${index}].name`,
  )
}

function checkDetailTypes(violations: Violations, { authorizationDetailTypes: types }: TokenSettings): void {
  const place = (index: number) => `${field}.authorization_detail_types[${index}]`
  violations.require(
    types.length <= detailTypesMax,
    `${field}.authorization_detail_types`,
    `must be at most ${detailTypesMax}`,
  )
  for (const [index, type] of types.entries())
    violations.require(/^[!-~]{1,256}$/.test(type), place(index), 'must be 1 to 256 visible ASCII characters')
  violations.requireUnique(types, place)
}

function checkOperationScopes(violations: Violations, tokens: TokenSettings, operations: Api['operations']): void {
  const known = new Set(tokens.scopes.map(({ name }) => name))
  for (const [index, { security }] of operations.entries())
    for (const [alternative, { requirements }] of security.entries())
      for (const [at, { scheme, scopes }] of requirements.entries()) {
        if (scheme !== SecurityScheme.SECURITY_SCHEME_OAUTH2) continue
        const place = `api.operations[${index}].security[${alternative}].requirements[${at}]`
        for (const [number, scope] of scopes.entries())
          violations.require(known.has(scope), `${place}.scopes[${number}]`, 'must be one of api.tokens.scopes')
      }
}

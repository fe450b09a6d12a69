import { browserSteps } from './browser/steps.ts'
import { jwksEndpoint } from './documents/jwks.ts'
import { resourceMetadataEndpoint } from './documents/resource-metadata.ts'
import { type MetadataOptions, serverMetadataEndpoint } from './documents/server-metadata.ts'
import type { EndpointTable } from './endpoint.ts'
import { assetsEndpoint } from './endpoints/assets.ts'
import { deviceAuthorizationEndpoint } from './endpoints/device-authorization.ts'
import { introspectionEndpoint } from './endpoints/introspection.ts'
import { pushedAuthorizationEndpoint } from './endpoints/pushed-authorization.ts'
import { registrationEndpoint } from './endpoints/registration.ts'
import { revocationEndpoint } from './endpoints/revocation.ts'
import { tokenEndpoint } from './endpoints/token.ts'
import { type UserInfoParts, userInfoEndpoint } from './endpoints/user-info.ts'
import type { RegistrationCalls } from './registration-calls.ts'
import type { TokenCalls } from './token-calls.ts'

export interface EndpointParts extends MetadataOptions, UserInfoParts {
  readonly calls: TokenCalls
  readonly registration: RegistrationCalls
}

/** Every place of the authorization server, by what the router calls it. */
export function endpointTable(parts: EndpointParts): EndpointTable {
  const { calls, registration, state, maxAgeSeconds } = parts
  const { proofs } = parts.tokens
  const jwks = jwksEndpoint(state, maxAgeSeconds)
  const metadata = serverMetadataEndpoint(parts)
  return new Map([
    ['token', tokenEndpoint(calls, proofs)],
    ['introspect', introspectionEndpoint(calls)],
    ['revoke', revocationEndpoint(calls)],
    ['par', pushedAuthorizationEndpoint(calls, proofs)],
    ['device_authorization', deviceAuthorizationEndpoint(calls)],
    ['userinfo', userInfoEndpoint(parts)],
    ['register', registrationEndpoint(registration)],
    ...browserSteps(calls),
    ['assets', assetsEndpoint],
    ['/jwks', jwks],
    ['/jwks.json', jwks],
    ['/oauth-authorization-server', metadata],
    ['/openid-configuration', metadata],
    ['/oauth-protected-resource', resourceMetadataEndpoint(parts)],
  ])
}

import type { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { ClientAuthenticationMethod } from '@gatehouse/contracts/credential/v1/client_registration'
import { type ClientSecret, ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import {
  type InitialAccessToken,
  InitialAccessTokenState,
} from '@gatehouse/contracts/credential/v1/initial_access_token'
import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import {
  GrantRevocationReason,
  GrantState,
  type GrantSummary,
  type User,
  UserState,
} from '@gatehouse/contracts/token/v1/grant'
import { type SigningKey, SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import { toJson } from './json.ts'
import { present, view } from './views.ts'

/** A client with its registration, whose keys are JSON; of a registration access token nothing is shown. */
export function clientView(message: Client | undefined) {
  const { registration, ...client } = present(message)
  const shown = toJson(client, { state: ClientState })
  if (!registration) return shown
  const { registrationTokenDigest, jwks, ...rest } = registration
  const enums = { token_endpoint_auth_method: ClientAuthenticationMethod }
  return {
    ...shown,
    registration: { ...toJson(rest, enums), ...(jwks && { jwks: JSON.parse(jwks) as unknown }) },
    registered_dynamically: registrationTokenDigest.length > 0,
  }
}

export const clientSecretView = view<ClientSecret>({ state: ClientSecretState })
export const initialAccessTokenView = view<InitialAccessToken>({ state: InitialAccessTokenState })
export const userView = view<User>({ state: UserState })

/** The grant and what became of it, side by side. */
export function grantView(message: GrantSummary | undefined) {
  const { grant, ...life } = present(message)
  const { authorizationDetails, code: _, nonce: __, ...facts } = present(grant)
  return {
    ...toJson(facts),
    ...(authorizationDetails && { authorization_details: JSON.parse(authorizationDetails) as unknown }),
    ...toJson(life, { state: GrantState, revocation_reason: GrantRevocationReason }),
  }
}

export function signingKeyView(message: SigningKey | undefined) {
  const { publicJwk, ...key } = present(message)
  const shown = toJson(key, { state: SigningKeyState, algorithm: SigningAlgorithm })
  return { ...shown, ...(publicJwk && { public_jwk: JSON.parse(publicJwk) as unknown }) }
}

import { generateKeyPairSync } from 'node:crypto'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'

/** A web application with a secret. */
export function registration(changes: Partial<ClientRegistration> = {}): ClientRegistration {
  return {
    ...ClientRegistration.create(),
    tokenEndpointAuthMethod: ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC,
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: ['https://shop.example/callback'],
    ...changes,
  }
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ed = generateKeyPairSync('ed25519')
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })

/** Keys of a client, as JWK. */
export const jwks = {
  ec: ec.publicKey.export({ format: 'jwk' }),
  ecPrivate: ec.privateKey.export({ format: 'jwk' }),
  rsa: rsa.publicKey.export({ format: 'jwk' }),
  weak: weak.publicKey.export({ format: 'jwk' }),
  ed: ed.publicKey.export({ format: 'jwk' }),
  p384: p384.publicKey.export({ format: 'jwk' }),
  of: (...keys: readonly object[]) => JSON.stringify({ keys }),
}

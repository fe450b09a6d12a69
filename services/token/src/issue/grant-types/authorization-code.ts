import { codeChallengeOf, isCodeVerifier } from '../../authorize/proof-key.ts'
import { Refused } from '../../refused.ts'
import { redeemCode } from '../redeem-code.ts'
import type { GrantType } from './grant-type.ts'

/** RFC 6749 section 4.1.3, with RFC 7636: the code, once, by the client and the verifier that it was made for. */
export const authorizationCode: GrantType = async (parts, request, client) => {
  const { parameters, endpoint, environment } = request
  const code = parts.handles.open('authorization_code', parameters.require('code'))
  if (!code || code.environmentId !== environment.environmentId) throw new Refused('code_invalid')
  const verifier = parameters.require('code_verifier')
  if (!isCodeVerifier(verifier)) throw new Refused('parameter_invalid')
  const [only, ...others] = client.registration.redirectUris
  const proof = {
    redirectUri: parameters.get('redirect_uri'),
    onlyRedirectUri: others.length === 0 ? only : undefined,
    codeChallenge: codeChallengeOf(verifier),
    dpopThumbprint: endpoint.dpopThumbprint,
  }
  return redeemCode(parts, request, client, code.id, proof)
}

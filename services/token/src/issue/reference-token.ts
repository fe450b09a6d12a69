import { randomBytes } from 'node:crypto'
import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import type { ReferenceToken } from '@gatehouse/contracts/token/v1/reference_token'
import { encodeBase32, mintSecret, secretBytes, secretIdBytes } from '@gatehouse/credential-format'
import { referenceTokenId, sealPhantom, splitToken } from '@gatehouse/token-verifier'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'

/**
 * Keeps what the gateway needs of a phantom or split token, and answers what its client holds. Whoever reads what is
 * kept cannot make the token of it: the key of a phantom's seal, and the signature of a split one, are the client's.
 */
export async function issueReferenceToken(
  { store }: Pick<TokenParts, 'store'>,
  environmentId: string,
  form: 'phantom' | 'split',
  jwt: string,
  expireTime: Date,
): Promise<string> {
  const { text, token } = form === 'phantom' ? phantom(environmentId, jwt) : split(jwt)
  const tokenId = referenceTokenId(text)
  const referenceToken: ReferenceToken = { ...token, tokenId, environmentId, expireTime }
  await transact(store, {
    streams: { token: streams.referenceToken(tokenId) },
    decide: () => ({
      events: { token: [{ type: 'gatehouse.token.v1.ReferenceTokenIssued', data: { referenceToken } }] },
    }),
  })
  return text
}

function phantom(environmentId: string, jwt: string) {
  const secret = { environmentId, id: encodeBase32(randomBytes(secretIdBytes)), secret: randomBytes(secretBytes) }
  const text = mintSecret('phantom_token', secret)
  return { text, token: { form: TokenForm.TOKEN_FORM_PHANTOM, content: sealPhantom(text, jwt) } }
}

function split(jwt: string) {
  const { text, content } = splitToken(jwt)
  return { text, token: { form: TokenForm.TOKEN_FORM_SPLIT, content } }
}

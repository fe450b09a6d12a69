import { type Api, Operation, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Issuer, SigningAlgorithm, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import {
  ClientView,
  CutoffView,
  ReferenceTokenView,
  RevocationView,
  SigningKeyView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import { compilePolicy } from '@gatehouse/policy-engine'
import { issuer, type Signer } from '../../../packages/token-verifier/test/signer.ts'
import { deciding } from './deciding.ts'
import { policy } from './deciding-facts.ts'
import { exchangeOnce } from './raw.ts'

const { SECURITY_SCHEME_OAUTH2, SECURITY_SCHEME_API_KEY } = SecurityScheme
const need = (scheme: SecurityScheme, scopes: string[] = []) => ({ requirements: [{ scheme, scopes }] })

const operations: readonly Operation[] = [
  operation('read', '/items', [need(SECURITY_SCHEME_OAUTH2, ['read'])]),
  operation('write', '/written', [need(SECURITY_SCHEME_OAUTH2, ['read', 'write'])]),
  operation('either', '/either', [need(SECURITY_SCHEME_API_KEY), need(SECURITY_SCHEME_OAUTH2)]),
  operation('keys', '/keys', [need(SECURITY_SCHEME_API_KEY)]),
  operation('open', '/optional', [{ requirements: [] }, need(SECURITY_SCHEME_OAUTH2)]),
  operation('passed', '/passed', [need(SECURITY_SCHEME_OAUTH2)], { forwardCredential: true }),
]

function operation(id: string, pathTemplate: string, security: Operation['security'], over: Partial<Operation> = {}) {
  return { ...Operation.create(), operationId: id, method: 'GET', pathTemplate, security, ...over }
}

/** APIs `orders` (JWT), `others` (the same), `bound` (only bound tokens), `opaque` (phantom), `without` (no tokens). */
function tokenPolicy(upstream: string) {
  const { environments, apis, plans } = policy(upstream)
  const [orders] = apis
  if (!orders) throw new Error('no API')
  const named = (apiId: string, tokens?: Partial<TokenSettings>): Api => ({
    ...orders,
    ...{ apiId, operations: [...operations] },
    tokens: tokens && { ...TokenSettings.create(), ...tokens },
  })
  return {
    environments: environments.map((environment) => ({ ...environment, issuer: { ...Issuer.create(), url: issuer } })),
    apis: [
      named('orders', {}),
      named('others', {}),
      named('bound', { senderConstrained: true }),
      named('opaque', { form: TokenForm.TOKEN_FORM_PHANTOM }),
      named('named', { resource: 'urn:example:named' }),
      named('without'),
    ],
    plans,
  }
}

export function signingKey({ kid, publicJwk, alg }: Signer, over: Partial<SigningKeyView> = {}): SigningKeyView {
  const { SIGNING_ALGORITHM_ES256, SIGNING_ALGORITHM_RS256 } = SigningAlgorithm
  return {
    ...SigningKeyView.create(),
    ...{ keyId: kid, environmentId: 'alpha', state: SigningKeyState.SIGNING_KEY_STATE_ACTIVE, version: 1n },
    ...{ publicJwk: JSON.stringify({ ...publicJwk, kid, use: 'sig', alg }) },
    algorithm: alg === 'ES256' ? SIGNING_ALGORITHM_ES256 : SIGNING_ALGORITHM_RS256,
    ...over,
  }
}

export type Headers = Readonly<Record<string, string>>

/** A gateway whose APIs take tokens that `signers` sign, with client `c1` and its subscription `s1` to `orders`. */
export async function takingTokens(signers: readonly Signer[], calls: Parameters<typeof deciding>[1] = {}) {
  const gateway = await deciding({}, calls)
  gateway.state.table = compilePolicy(tokenPolicy(`http://127.0.0.1:${gateway.upstream.port}`))
  gateway.state.signingKeys = signers.map((signer) => signingKey(signer))
  await gateway.put.all()
  const { view } = gateway.put
  const revoked = RevocationView.encode(RevocationView.create()).finish()
  const before = (seconds: number) => CutoffView.encode({ before: new Date(seconds * 1000) }).finish()
  return {
    ...gateway,
    ask: (path: string, headers: Headers = {}, method = 'GET') =>
      exchangeOnce(gateway.port, requestText(path, headers, method)),
    revoke: {
      token: (id: string) => view(`revoked_token/alpha/${id}`, revoked),
      grant: (id: string) => view(`revoked_grant/${id}`, revoked),
      user: (id: string) => view(`suspended_user/${id}`, SuspensionView.encode(SuspensionView.create()).finish()),
      ofClient: (id: string, seconds: number) => view(`cutoff/alpha/client/${id}`, before(seconds)),
      ofUser: (id: string, seconds: number) => view(`cutoff/alpha/user/${id}`, before(seconds)),
      ofEnvironment: (seconds: number) => view('cutoff/alpha/environment', before(seconds)),
    },
    client: (over: Partial<ClientView>) =>
      view(
        'client/c1',
        ClientView.encode({ ...ClientView.create(), clientId: 'c1', environmentId: 'alpha', ...over }).finish(),
      ),
    reference: (tokenId: string, form: TokenForm, content: Uint8Array) =>
      view(
        `reference_token/alpha/${tokenId}`,
        ReferenceTokenView.encode({ ...ReferenceTokenView.create(), form, content }).finish(),
      ),
  }
}

export type TakingTokens = Awaited<ReturnType<typeof takingTokens>>

export function requestText(path: string, headers: Headers, method = 'GET'): string {
  const lines = Object.entries({ Host: 'a', Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])
/** Values of a header of a raw answer, in order. */
export const headerOf = (answer: string, name: string) =>
  [...answer.matchAll(new RegExp(`^${name}: (.*)\\r$`, 'gim'))].map(([, value]) => value)

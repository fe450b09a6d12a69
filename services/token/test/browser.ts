import { randomBytes } from 'node:crypto'
import type { InteractRequest, InteractResponse } from '@gatehouse/contracts/token/v1/authorization_service'
import { UserClaims } from '@gatehouse/contracts/token/v1/grant'
import { Endpoint, type Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { encodeBase32 } from '@gatehouse/credential-format'
import type { Calls } from '../src/service.ts'
import { issuerUrl, redirectUri } from './other-services.ts'
import type { GivenServer } from './running-server.ts'

export const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const password = 'correct horse battery'

type Operators = Awaited<ReturnType<GivenServer['operators']>>
type Action = NonNullable<InteractRequest['action']>
type Next = NonNullable<InteractResponse['next']>

/** An instance of the service, in this process or behind gRPC. */
export interface Callable {
  readonly calls: Pick<Calls, 'interact' | 'issueToken'>
}

export const id = () => encodeBase32(randomBytes(5))

/** A user with a password. */
export async function newUser(operators: Operators, username = `user-${id()}`) {
  const claims = UserClaims.fromPartial({ name: 'Ada Lovelace', email: 'ada@example.com', emailVerified: true })
  const { user } = await operators.createUser({ requestId: id(), environmentId: 'alpha', username, password, claims })
  if (!user) throw new Error('no user was answered')
  return user
}

export function parametersOf(values: Readonly<Record<string, string | undefined>>): Parameter[] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}

/** The parameters of a good authorization request of a client, with others; undefined leaves one out. */
export const requestOf = (clientId: string, more: Readonly<Record<string, string | undefined>> = {}) =>
  parametersOf({
    ...{ client_id: clientId, redirect_uri: redirectUri, response_type: 'code', resource: `${issuerUrl}/orders` },
    ...{ scope: 'openid orders.read', state: 'xyz', code_challenge: challenge, code_challenge_method: 'S256' },
    ...more,
  })

/** A browser with its cookies, at an instance of the service. */
export class Browser {
  readonly binding = randomBytes(16).toString('base64url')
  sessionToken = ''
  last: InteractResponse | undefined
  readonly #service: () => Callable

  constructor(service: () => Callable) {
    this.#service = service
  }

  async step(action: Action): Promise<Next> {
    const endpoint = Endpoint.fromPartial({ environmentId: 'alpha', clientIp: '192.0.2.1' })
    const browser = { sessionToken: this.sessionToken, binding: this.binding }
    const answer = await this.#service().calls.interact({ endpoint, browser, action })
    this.last = answer
    if (answer.newSession) this.sessionToken = answer.newSession.sessionToken
    if (!answer.next) throw new Error('nothing is shown')
    return answer.next
  }

  start(parameters: readonly Parameter[]): Promise<Next> {
    return this.step({ $case: 'startAuthorization', value: { parameters } })
  }

  async signIn(page: Next, username: string): Promise<Next> {
    const { interaction } = shown(page, 'signIn')
    return this.step({ $case: 'signIn', value: { interaction, username, password } })
  }

  async decide(page: Next, approved: boolean): Promise<Next> {
    const { interaction } = shown(page, 'consent')
    return this.step({ $case: 'decideConsent', value: { interaction, approved } })
  }

  /** Goes through sign-in and consent, as far as they are asked for; answers what the client gets. */
  async authorize(parameters: readonly Parameter[], username: string): Promise<Record<string, string>> {
    let next = await this.start(parameters)
    if (next.$case === 'signIn') next = await this.signIn(next, username)
    if (next.$case === 'consent') next = await this.decide(next, true)
    return answerOf(next)
  }
}

type Shown = { readonly [N in Next as N['$case']]: N['value'] }

/** The page, which must be this one. */
export function shown<C extends Next['$case']>(next: Next, wanted: C): Shown[C] {
  if (next.$case !== wanted) throw new Error(`expected ${wanted}, is shown ${JSON.stringify(next)}`)
  return next.value as Shown[C]
}

/** What the client is sent. */
export function answerOf(next: Next): Record<string, string> {
  return Object.fromEntries(shown(next, 'clientRedirect').parameters.map(({ name, value }) => [name, value]))
}

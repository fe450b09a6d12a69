import {
  type Browser,
  type InteractRequest,
  type InteractResponse,
  ResponseMode,
} from '@gatehouse/contracts/token/v1/authorization_service'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { repeated } from '../../http1/exchange.ts'
import type { AnswerFacts, OAuthAnswer, RefusalReason } from '../answer.ts'
import type { OAuthEndpoint } from '../endpoint.ts'
import { parseParameters } from '../form.ts'
import { formPostPage } from '../pages/form-post.ts'
import { renderPage, type Shown } from '../pages/render.ts'
import { readForm } from '../read-body.ts'
import { endpointOf, type OAuthRequest, queryOf } from '../request.ts'
import type { TokenCalls } from '../token-calls.ts'
import { withQuery } from './client-redirect.ts'
import { bindingCookie, cookieNames, readBrowser, sessionCookie } from './cookies.ts'
import { isSecure, pageAnswer, pageContext, refusePage } from './page-answer.ts'
import { shownAgainAt } from './shown-again.ts'

export type Action = NonNullable<InteractRequest['action']>

/** What a browser asks for by its parameters. */
export type ActionOf = (parameters: readonly Parameter[]) => Action

/** One place that browsers come to: what they ask for by GET, by POST, or by either. */
export function browserStep(
  name: string,
  actions: Readonly<Partial<Record<'GET' | 'POST', ActionOf>>>,
  { interact }: Pick<TokenCalls, 'interact'>,
): OAuthEndpoint {
  return {
    ...{ name, methods: Object.keys(actions), crossOrigin: false, refuse: refusePage },
    async answer(request) {
      const { exchange } = request.inquiry
      const actionOf = exchange.method === 'POST' ? actions.POST : actions.GET
      const endpoint = endpointOf(request)
      const cookies = exchange.header('cookie')
      if (!endpoint || !actionOf || cookies === repeated) return refusePage(request, 'request_malformed')
      const parameters = await parametersOf(request)
      if (parameters === 'client_gone') return undefined
      if (typeof parameters === 'string') return refusePage(request, parameters)
      const { browser, newBinding } = readBrowser(cookies ?? '', cookieNames(isSecure(request.issuer)))
      const response = await interact({ endpoint, browser, action: actionOf(parameters) })
      return withCookies(request, answerOf(request, response), response, newBinding ? browser : undefined)
    },
  }
}

function parametersOf(
  request: OAuthRequest,
): readonly Parameter[] | RefusalReason | Promise<readonly Parameter[] | RefusalReason | 'client_gone'> {
  return request.inquiry.exchange.method === 'POST' ? readForm(request) : parseParameters(queryOf(request))
}

function answerOf(request: OAuthRequest, { next, facts }: InteractResponse): OAuthAnswer {
  const known: AnswerFacts = facts ?? { reason: 'ok' }
  if (!next) throw new Error('the token service answered nothing')
  switch (next.$case) {
    case 'redirectUrl':
      return redirect(next.value, known)
    case 'clientRedirect': {
      const { redirectUri, parameters, responseMode } = next.value
      if (responseMode === ResponseMode.RESPONSE_MODE_FORM_POST)
        return pageAnswer(formPostPage(next.value, pageContext(request)), known)
      return redirect(withQuery(redirectUri, parameters), known)
    }
    default:
      return shown(request, next, known)
  }
}

function shown(request: OAuthRequest, next: Shown, facts: AnswerFacts): OAuthAnswer {
  const context = pageContext(request)
  const again = request.inquiry.exchange.method === 'POST' ? shownAgainAt(next) : undefined
  return again === undefined
    ? pageAnswer(renderPage(next, context), facts)
    : redirect(`${context.prefix}/${again}`, facts)
}

/**
 * RFC 9700 section 4.12: 303, so that no browser posts a password on. Where it came from is nobody's business there.
 */
function redirect(location: string, facts: AnswerFacts): OAuthAnswer {
  return { response: { status: 303, headers: { Location: location, 'Referrer-Policy': 'no-referrer' } }, facts }
}

function withCookies(
  { issuer }: OAuthRequest,
  { response, facts }: OAuthAnswer,
  { newSession }: InteractResponse,
  newBrowser: Browser | undefined,
): OAuthAnswer {
  const secure = isSecure(issuer)
  const cookies: string[] = []
  if (newBrowser) cookies.push(bindingCookie(newBrowser, secure))
  if (newSession) cookies.push(sessionCookie(newSession, secure))
  if (cookies.length === 0) return { response, facts }
  return { response: { ...response, headers: { ...response.headers, 'Set-Cookie': cookies } }, facts }
}

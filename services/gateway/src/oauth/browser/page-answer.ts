import type { OwnResponse } from '../../http1/exchange.ts'
import { type AnswerFacts, errorOf, type OAuthAnswer, type RefusalReason } from '../answer.ts'
import type { Page, PageContext } from '../pages/layout.ts'
import { errorPage } from '../pages/message.ts'
import type { OAuthRequest } from '../request.ts'

const endpointsPath = '/oauth2/v2'

export function pageContext({ inquiry: { path }, environment, issuer }: OAuthRequest): PageContext {
  const prefix = path.slice(0, path.indexOf(endpointsPath) + endpointsPath.length)
  return { prefix, environment: environment.environmentId, secure: isSecure(issuer) }
}

export function isSecure({ url }: OAuthRequest['issuer']): boolean {
  return url.startsWith('https:')
}

export function pageAnswer({ status, headers, html }: Page, facts: AnswerFacts): OAuthAnswer {
  return { response: { status, headers, body: html }, facts }
}

/** What the gateway itself refuses, for a person to read. */
export function refusePage(
  request: OAuthRequest,
  reason: RefusalReason,
  headers: OwnResponse['headers'] = {},
): OAuthAnswer {
  const { status, error, description } = errorOf(reason)
  const page = errorPage({ status, error, errorDescription: description }, pageContext(request))
  const { response, facts } = pageAnswer(page, { reason })
  return { response: { ...response, headers: { ...response.headers, ...headers } }, facts }
}

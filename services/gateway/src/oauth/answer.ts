import type { Facts, Refusal } from '@gatehouse/contracts/token/v1/token_service'
import { isOAuthReason, type OAuthReason, oauthRefusalOf, type Reason, wireOf } from '@gatehouse/policy-engine'
import type { OwnResponse } from '../http1/exchange.ts'

/** What of an answer goes on record. */
export type AnswerFacts = Pick<Facts, 'reason'> & Partial<Facts>

/** An answer before it is on record. */
export interface OAuthAnswer {
  readonly response: OwnResponse
  readonly facts: AnswerFacts
}

export type RefusalReason = Exclude<Reason, 'ok' | 'client_gone'> | OAuthReason

type Headers = OwnResponse['headers']

export function json(body: object | string, facts: AnswerFacts, headers: Headers = {}): OAuthAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { response: { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body: text }, facts }
}

/** What the token service refuses, as RFC 6749 section 5.2 words it. */
export function refused(refusal: Refusal, facts: AnswerFacts | undefined, headers: Headers = {}): OAuthAnswer {
  const { error, errorDescription, status, challenge } = refusal
  const challenged = challenge === '' ? headers : { 'WWW-Authenticate': challenge, ...headers }
  const body = errorDescription === '' ? { error } : { error, error_description: errorDescription }
  return withStatus(json(body, facts ?? { reason: error }, challenged), status)
}

/** What the gateway itself refuses. */
export function refuse(reason: RefusalReason, headers: Headers = {}): OAuthAnswer {
  const { status, error, description } = errorOf(reason)
  const later = status === 503 ? { 'Retry-After': '1', ...headers } : headers
  return withStatus(json({ error, error_description: description }, { reason }, later), status)
}

function withStatus({ response, facts }: OAuthAnswer, status: number): OAuthAnswer {
  return { response: { ...response, status }, facts }
}

/** The error that a reason is told as: registered ones of OAuth, and by their status those of HTTP. */
export function errorOf(reason: RefusalReason): { status: number; error: string; description: string } {
  if (isOAuthReason(reason)) return oauthRefusalOf(reason)
  const { status, code } = wireOf(reason)
  return { status, error: errorOfStatus(status), description: code.replaceAll('_', ' ') }
}

function errorOfStatus(status: number): string {
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

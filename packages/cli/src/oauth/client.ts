import { CliError } from '../cli-error.ts'
import { isRecord, type Json, textIn } from '../record.ts'
import type { OAuthSettings } from './settings.ts'

const requestMsMax = 30_000

/** A client at the endpoints of its issuer. Every method throws CliError with what the server says. */
export interface OAuthClient {
  readonly issuer: string
  /** Asks an endpoint below `/oauth2/v2/`, of an API where one is named; answers its JSON object, empty when it has none. */
  post(endpoint: string, form: Json, apiId?: string): Promise<Json>
}

export function oauthClient({ issuer, clientId, clientSecret }: OAuthSettings, signal: AbortSignal): OAuthClient {
  // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
  const encoded = [clientId, clientSecret].map((text) => encodeURIComponent(text)).join(':')
  const authorization = `Basic ${Buffer.from(encoded).toString('base64')}`
  return {
    issuer,
    async post(endpoint, form, apiId) {
      const url = `${issuer}${apiId ? `/${encodeURIComponent(apiId)}` : ''}/oauth2/v2/${endpoint}`
      const body = new URLSearchParams()
      for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, String(value))
      const headers = { authorization, accept: 'application/json' }
      const timed = AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)])
      try {
        const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: timed })
        const answer = jsonOf(await response.text(), url)
        if (response.ok) return answer
        throw new CliError(refusal(response.status, answer))
      } catch (error) {
        if (error instanceof CliError || signal.aborted) throw error
        throw new CliError(`no answer from ${url}`, { cause: error })
      }
    },
  }
}

function jsonOf(text: string, url: string): Json {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (isRecord(value)) return value
  } catch {}
  throw new CliError(`the answer of ${url} is not a JSON object: is this an issuer?`)
}

function refusal(status: number, answer: Json): string {
  const error = textIn(answer, 'error') || textIn(answer, 'code') || `status ${status}`
  const description = textIn(answer, 'error_description') || textIn(answer, 'detail')
  return description ? `${error}: ${description}` : error
}

import { createHash } from 'node:crypto'
import { repeated } from '../../http1/exchange.ts'
import { type OAuthAnswer, refuse } from '../answer.ts'
import type { OAuthEndpoint } from '../endpoint.ts'
import type { OAuthRequest } from '../request.ts'

/** A public document that is the same for everybody until what it is made of changes. */
export interface DocumentKind {
  readonly name: string
  /** How long it may be cached outside. */
  readonly maxAgeSeconds: number
  /** Changes with whatever `write` reads. */
  stamp(request: OAuthRequest): string
  /** Undefined: there is none. */
  write(request: OAuthRequest): object | undefined
}

interface Kept {
  readonly stamp: string
  readonly body: string
  readonly etag: string
}

/** Written once for each change, not for each request. */
export function documentEndpoint({ name, maxAgeSeconds, stamp, write }: DocumentKind): OAuthEndpoint {
  const kept = new Map<string, Kept>()

  /** What there is none of is not kept: strangers choose what they ask for. */
  function documentOf(request: OAuthRequest): Kept | undefined {
    const key = `${request.environment.environmentId}/${request.below}`
    const now = stamp(request)
    const known = kept.get(key)
    if (known?.stamp === now) return known
    const written = write(request)
    if (!written) {
      kept.delete(key)
      return undefined
    }
    const body = JSON.stringify(written)
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    const document = { stamp: now, body, etag }
    kept.set(key, document)
    return document
  }

  return {
    ...{ name, methods: ['GET', 'HEAD'], crossOrigin: true },
    answer(request) {
      const document = documentOf(request)
      if (!document) return refuse('no_api')
      return answer(request, document, `public, max-age=${maxAgeSeconds}`)
    },
  }
}

function answer({ inquiry: { exchange } }: OAuthRequest, { body, etag }: Kept, caching: string): OAuthAnswer {
  const headers = { 'Cache-Control': caching, ETag: etag }
  const facts = { reason: 'ok' }
  if (matches(exchange.header('if-none-match'), etag)) return { response: { status: 304, headers }, facts }
  return { response: { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body }, facts }
}

/** RFC 9110 section 13.1.2: compared weakly. */
function matches(value: string | undefined | typeof repeated, etag: string): boolean {
  if (value === undefined || value === repeated) return false
  return value === '*' || value.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

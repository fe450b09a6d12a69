import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import type {
  ResolveReferenceTokenRequest,
  ResolveReferenceTokenResponse,
} from '@gatehouse/contracts/token/v1/token_service'
import { parseSecret } from '@gatehouse/credential-format'
import type { ViewCache } from '@gatehouse/read-model'
import { joinSplit, openPhantom, referenceTokenId, TokenMemory } from '@gatehouse/token-verifier'
import { FactParked } from './load-views.ts'

/** TokenService.ResolveReferenceToken, over gRPC or in this process. */
export type ResolveReferenceToken = (request: ResolveReferenceTokenRequest) => Promise<ResolveReferenceTokenResponse>

/** Finds the JWT behind what the client of a phantom or split token holds. What it finds is not verified. */
export interface ReferenceTokens {
  /**
   * Undefined when there is none. Throws, or rejects with, TokenServiceUnavailable when that cannot be known, FactParked
   * and ReadModelUnavailable.
   */
  find(environmentId: string, text: string): string | undefined | Promise<string | undefined>
}

/** A text that the read model does not know may be so new that only the token service does, and it does not answer. */
export class TokenServiceUnavailable extends Error {
  override readonly name = 'TokenServiceUnavailable'
}

export interface ReferenceTokensOptions {
  readonly views: Pick<ViewCache, 'referenceToken'>
  readonly resolve: ResolveReferenceToken
  /** Budget of what is remembered. */
  readonly bytesMax?: number
  /** Questions that the token service has at one time: a flood of guesses is not passed on to it. */
  readonly questionsMax?: number
}

/** The base64url of an ES256 (64 bytes) or RS256 (256 to 1024 bytes) signature. */
const signatureText = /^(?:[A-Za-z0-9_-]{86}|[A-Za-z0-9_-]{342,1366})$/

/**
 * A token is remembered by its text; whether it is still in force is asked at every use, like for every other. That
 * there is none is remembered too: texts are random, so one that was never issued will never be.
 */
export function createReferenceTokens(options: ReferenceTokensOptions): ReferenceTokens {
  const { views, resolve, bytesMax = 32 << 20, questionsMax = 128 } = options
  const known = new TokenMemory<string>(bytesMax)
  const unknown = new TokenMemory<true>(bytesMax >> 3)
  const questions = new Map<string, Promise<string | undefined>>()

  function keep(text: string, jwt: string | undefined): string | undefined {
    if (jwt === undefined) unknown.set(text, true, 0)
    else known.set(text, jwt, jwt.length)
    return jwt
  }

  async function ask(environmentId: string, text: string, tokenId: string): Promise<string | undefined> {
    try {
      const { referenceToken } = await resolve({ environmentId, tokenId })
      return keep(text, referenceToken && jwtOf(text, referenceToken))
    } catch (cause) {
      throw new TokenServiceUnavailable('the token service does not tell of a token', { cause })
    } finally {
      questions.delete(text)
    }
  }

  function askOnce(environmentId: string, text: string, tokenId: string): Promise<string | undefined> {
    const asked = questions.get(text)
    if (asked) return asked
    if (questions.size >= questionsMax) throw new TokenServiceUnavailable('too many unknown tokens at once')
    const question = ask(environmentId, text, tokenId)
    questions.set(text, question)
    return question
  }

  return {
    find(environmentId, text) {
      const jwt = known.get(text)
      if (jwt !== undefined) return jwt
      if (!isReference(environmentId, text) || unknown.get(text)) return undefined
      const tokenId = referenceTokenId(text)
      const answer = views.referenceToken(environmentId, tokenId)
      const next = (found: Awaited<typeof answer>) => {
        if (found.state === 'parked') throw new FactParked(found.reason)
        if (found.state === 'absent') return askOnce(environmentId, text, tokenId)
        return keep(text, jwtOf(text, found.view))
      }
      return answer instanceof Promise ? answer.then(next) : next(answer)
    },
  }
}

function isReference(environmentId: string, text: string): boolean {
  const phantom = parseSecret('phantom_token', text)
  return phantom.kind === 'own' ? phantom.environmentId === environmentId : signatureText.test(text)
}

function jwtOf(text: string, { form, content }: { form: TokenForm; content: Uint8Array }): string | undefined {
  switch (form) {
    case TokenForm.TOKEN_FORM_PHANTOM:
      return openPhantom(text, content)
    case TokenForm.TOKEN_FORM_SPLIT:
      return joinSplit(text, content)
    default:
      return undefined
  }
}

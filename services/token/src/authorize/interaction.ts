import { hash } from 'node:crypto'
import { openWith, sealWith } from '../keys/key-encryption.ts'
import type { AuthorizationRequest } from './authorization-request.ts'

/**
 * What a page that is shown stands for. It goes through the browser sealed, so the service keeps nothing of a sign-in
 * that is never finished, and a flood of them fills no table.
 */
export type Interaction =
  | { readonly kind: 'sign_in'; readonly goal: Goal }
  /** The user of the session was asked to agree. */
  | { readonly kind: 'consent'; readonly request: AuthorizationRequest; readonly sessionId: string }
  /** The user of the session was asked to let a device in. */
  | { readonly kind: 'device_consent'; readonly deviceAuthorizationId: string; readonly sessionId: string }
  /** The user of the session was shown what was agreed to. */
  | { readonly kind: 'consents'; readonly sessionId: string }
  /** The user of the session was asked whether to sign out; then the browser goes where the client wants it. */
  | { readonly kind: 'sign_out'; readonly sessionId: string; readonly returnTo: string }

/** What a user signs in for. */
export type Goal =
  | { readonly kind: 'authorization'; readonly request: AuthorizationRequest }
  | { readonly kind: 'consents' }
  /** As typed: what it leads to is told after the sign-in. */
  | { readonly kind: 'device'; readonly userCode: string }

export type InteractionOf<Kind extends Interaction['kind']> = Extract<Interaction, { readonly kind: Kind }>

/** Who is shown a page: it comes back from the same browser, in the same environment. */
export interface Viewer {
  readonly environmentId: string
  /** Random, in a cookie of the browser. */
  readonly binding: string
}

export interface Interactions {
  seal(interaction: Interaction, viewer: Viewer, nowMs: number): string
  /** Undefined for another kind, browser or environment, when it is older than 10 minutes, or was not sealed here. */
  open<Kind extends Interaction['kind']>(
    kind: Kind,
    text: string,
    viewer: Viewer,
    nowMs: number,
  ): InteractionOf<Kind> | undefined
}

/** OWASP: a sign-in form that was left open must not sign somebody in the day after. */
export const interactionLifeMs = 600_000
const charsMax = 32_768
const context = 'interaction'

interface Sealed {
  readonly interaction: Interaction
  readonly environmentId: string
  /** SHA-256 of the binding. */
  readonly browser: string
  readonly expireMs: number
}

/** Sealed by AES-256-GCM under a key of 32 bytes. */
export function createInteractions(key: Uint8Array): Interactions {
  return {
    seal(interaction, { environmentId, binding }, nowMs) {
      // Without a binding a page would be anybody's: cross-site request forgery.
      if (binding === '') throw new RangeError('an interaction is bound to a browser')
      const expireMs = nowMs + interactionLifeMs
      const sealed: Sealed = { interaction, environmentId, browser: hash('sha256', binding, 'base64url'), expireMs }
      return Buffer.from(sealWith(key, Buffer.from(JSON.stringify(sealed)), context)).toString('base64url')
    },
    open<Kind extends Interaction['kind']>(kind: Kind, text: string, viewer: Viewer, nowMs: number) {
      const sealed = unseal(key, text)
      if (!sealed || viewer.binding === '' || nowMs >= sealed.expireMs) return undefined
      if (sealed.environmentId !== viewer.environmentId) return undefined
      if (sealed.browser !== hash('sha256', viewer.binding, 'base64url')) return undefined
      return isOf(sealed.interaction, kind) ? sealed.interaction : undefined
    },
  }
}

function isOf<Kind extends Interaction['kind']>(found: Interaction, kind: Kind): found is InteractionOf<Kind> {
  return found.kind === kind
}

function unseal(key: Uint8Array, text: string): Sealed | undefined {
  if (text.length > charsMax) return undefined
  try {
    return JSON.parse(Buffer.from(openWith(key, Buffer.from(text, 'base64url'), context)).toString()) as Sealed
  } catch {
    return undefined
  }
}

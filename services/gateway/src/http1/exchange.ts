import type { NameSet } from '../forward/name-set.ts'
import type { Upstream } from '../forward/upstream.ts'

/** A header that came more than once: no single value may be read from it. */
export const repeated: unique symbol = Symbol('repeated')

/** The value of a header (latin1), `undefined` when absent, `repeated` when it came more than once. */
export type HeaderValue = string | undefined | typeof repeated

/** The certificate that the client proved to hold, as TLS saw it. */
export interface ClientCertificate {
  /** DER. */
  readonly raw: Uint8Array
  readonly subject: string
  /** SHA-256 of the DER, upper-case hex with colons. */
  readonly fingerprint256: string
  /** Whether the chain ends at a configured authority. False proves nothing about the client. */
  readonly authorized: boolean
}

/** What is known of a connection. */
export interface ConnectionFacts {
  /** Address of the peer; IPv4-mapped IPv6 is written as IPv4. */
  readonly remoteAddress: string
  readonly tls: boolean
  readonly clientCertificate: ClientCertificate | undefined
}

/**
 * A whole and valid request head. Nothing is computed that is not asked for.
 * Readable until the `whenOver` callback has returned; reading a header later throws.
 */
export interface RequestFacts extends ConnectionFacts {
  /** Upper case, one that llhttp knows. */
  readonly method: string
  /** Origin form (`/path?query`) or `*`, raw; an absolute-form target is cut to its path. Visible ASCII without `#`. */
  readonly target: string
  /** The one Host header, raw, valid. */
  readonly host: string
  readonly httpVersion: '1.0' | '1.1'
  /** The peer, or the client that so many trusted proxies say they saw (`trustedProxies`, counted from the right). */
  readonly clientAddress: string
  /** Monotonic clock (`performance.now()`), when the head was whole. */
  readonly receivedAtMs: number
  /** Bytes; `undefined` for a chunked body. */
  readonly bodyLength: number | undefined
  /** @param name lower case */
  header(name: string): HeaderValue
  /** Every value in order of arrival. @param name lower case */
  headerValues(name: string): string[]
}

/** A response that the gateway makes itself. `Date`, `Content-Length` and `Connection` are set by the connection. */
export interface OwnResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

/** Why a request was refused before any handler saw it. */
export type RefusalReason =
  | 'malformed'
  | 'head_too_large'
  | 'target_too_long'
  | 'too_many_headers'
  | 'head_timeout'
  | 'version_not_supported'
  | 'target_invalid'
  | 'host_missing'
  | 'host_repeated'
  | 'host_invalid'
  | 'host_differs_from_target'
  | 'content_length_invalid'
  | 'transfer_encoding_invalid'
  | 'framing_ambiguous'
  | 'framing_header_misspelt'
  | 'connect_not_supported'
  | 'upgrade_not_supported'
  | 'expectation_failed'

export interface Refusal {
  readonly reason: RefusalReason
  /** 400, 408, 414, 417, 431, 501 or 505. */
  readonly status: number
  /** For the record, never for the client; contains nothing of the request. */
  readonly detail: string
}

/** A request that could not be read. It must be answered with `answer`; the connection then closes. */
export interface RefusedRequest extends ConnectionFacts {
  readonly refusal: Refusal
  /** As sent; `undefined` unless the head was whole. */
  readonly requestLine: { readonly method: string; readonly target: string } | undefined
  readonly receivedAtMs: number
  whenOver: ((outcome: Outcome) => void) | undefined
  answer(response: OwnResponse): void
  /** Cuts the connection without an answer. */
  abort(): void
}

/** Why a forwarded request did not end as the upstream meant it to. */
export type ForwardFailure =
  | 'gate_failed'
  | 'upstream_busy'
  | 'upstream_connect_failed'
  | 'upstream_connect_timeout'
  | 'upstream_closed'
  | 'upstream_head_timeout'
  | 'upstream_body_timeout'
  | 'upstream_malformed'
  | 'request_body_malformed'
  | 'request_body_timeout'

/** Durations in milliseconds of the monotonic clock, sizes in bytes. */
export interface Outcome {
  /** The status sent to the client; 0 when it got none. */
  readonly status: number
  /** `truncated`: the response had begun and could not be finished. `aborted`: by the handler, on purpose. */
  readonly end: 'complete' | 'client_aborted' | 'truncated' | 'aborted'
  readonly failure: ForwardFailure | 'handler_failed' | undefined
  readonly upstreamStatus: number | undefined
  /** Body bytes read from the client, without chunk framing. */
  readonly requestBodyBytes: number
  /** Body bytes handed to the client's socket, without chunk framing. */
  readonly responseBodyBytes: number
  /** From the whole head to the end. */
  readonly durationMs: number
  /** From the request leaving for the upstream to its response head; `undefined` when there was none. */
  readonly upstreamMs: number | undefined
}

/**
 * Answers true when it is open. Else it calls `go` once it opens, or `failed` when it will not; a throw is a failure too.
 * No promise: one more turn of the microtask queue for each request would cost 1 µs.
 */
export type Gate = (go: () => void, failed: (error: unknown) => void) => boolean

/** How a request goes to its upstream. Methods may belong to one object per request. */
export interface ForwardPlan {
  readonly upstream: Upstream
  /** Path and query as the policy saw them: visible ASCII, begins with `/` (or is `*`). */
  readonly path: string
  /** The Host that the upstream sees; its own authority when absent. */
  readonly host?: string
  /** Added after everything else was filtered: name, value, name, value … */
  readonly addHeaders: readonly string[]
  /** Names that must not reach the upstream (credentials), in any spelling; made once per operation by `nameSet`. */
  readonly removeHeaders?: NameSet
  /** Added to the upstream's response, in the place of its own headers of these names: name, value … */
  readonly addResponseHeaders?: readonly string[]
  /** In place of the upstream's own. */
  readonly headMs?: number
  readonly bodyIdleMs?: number
  /** Opens before the upstream sees the request; absent: nothing to wait for. */
  readonly sendGate?: Gate | undefined
  /** Opens before anything of a response, be it the upstream's or `failed`'s, is sent to the client; may be asked again. */
  readonly headGate?: Gate | undefined
  /**
   * The answer to a failure before the response head was sent; undefined cuts the connection instead. `error` only for
   * `gate_failed`, whose answer waits for no gate.
   */
  failed(failure: ForwardFailure, error?: unknown): OwnResponse | undefined
}

/** Why there is no body to decide on. Each but `client_gone` must be answered; the connection then closes. */
export type BodyFault = 'body_too_large' | 'body_malformed' | 'body_timeout' | 'client_gone'

/** One request to be decided. Exactly one of `answer`, `forward` and `abort` is called, once; later calls throw. */
export interface Exchange extends RequestFacts {
  /** True when the client has gone: answering is harmless and does nothing. */
  readonly over: boolean
  /** Called exactly once, after the end. Set it before answering. */
  whenOver: ((outcome: Outcome) => void) | undefined
  /**
   * The whole body, for an answer that the gateway makes itself; at most once, and no `forward` after it.
   */
  readBody(bytesMax: number, timeoutMs: number): Promise<Uint8Array | BodyFault>
  answer(response: OwnResponse): void
  /** Cuts the connection without an answer. */
  abort(): void
  forward(plan: ForwardPlan): void
}

/**
 * Decides, at once or later (within `decisionMs`). What it throws, or a promise of it that rejects, becomes a 500
 * without a body (deny by default), outcome `handler_failed`; a refused request keeps the status of its refusal.
 */
export interface Http1Handler {
  handle(exchange: Exchange): Promise<void> | undefined
  refuse(refused: RefusedRequest): Promise<void> | undefined
}

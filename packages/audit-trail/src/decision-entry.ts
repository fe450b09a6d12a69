/** When the record of a decision must be on disk (policy.v1.AuditMode). */
export type AuditMode = 'write_ahead' | 'before_response' | 'async'

/** A version or position as protobuf gives it, or as a plain number. */
export type Counter = number | bigint

/**
 * What the place that decided knows of one decision, flat and without nesting, so that filling it costs little.
 * With the versions and the time it holds all that running the decision again needs.
 * It never holds a secret: no credential text, no query string, no header value but the user agent.
 */
export interface DecisionEntry {
  /** When it was decided, Unix milliseconds. */
  timeMs: number
  requestId: string
  allowed: boolean
  /** A reason of the policy engine or of the console: `ok`, `api_key_revoked`, `operator_token_missing`, … */
  reason: string
  auditMode: AuditMode

  /** Request facts. `path` is the canonical one, without a query. */
  method?: string | undefined
  host?: string | undefined
  path?: string | undefined
  clientIp?: string | undefined
  userAgent?: string | undefined
  /** What the client was answered; unknown while the record is written ahead. */
  statusCode?: number | undefined
  durationUs?: number | undefined

  environmentId?: string | undefined
  apiId?: string | undefined
  operationId?: string | undefined
  credentialId?: string | undefined
  clientId?: string | undefined
  userId?: string | undefined
  subscriptionId?: string | undefined
  planId?: string | undefined
  /** `api_key`, `jwt`, `basic`, `mtls`, `operator_token`, `none`. */
  authMethod?: string | undefined
  scopes?: readonly string[] | undefined
  /** `jti` of the access token that was used, issued, introspected or revoked. */
  tokenId?: string | undefined
  /** The grant that it comes from. */
  grantId?: string | undefined
  /** What was asked of the token endpoint: `client_credentials`, `refresh_token`, … */
  grantType?: string | undefined

  /** How far the state that was read had applied each log. */
  credentialPosition?: Counter | undefined
  policyPosition?: Counter | undefined
  tokenPosition?: Counter | undefined
  /** How old that state may have been at most. */
  stalenessMs?: number | undefined
  /** Versions of the facts that were read. */
  apiKeyVersion?: Counter | undefined
  clientVersion?: Counter | undefined
  subscriptionVersion?: Counter | undefined
  environmentVersion?: Counter | undefined
  apiVersion?: Counter | undefined
  planVersion?: Counter | undefined

  /** The limit that was nearest, present when one was asked. */
  rateLimit?: number | undefined
  rateRemaining?: number | undefined
  rateResetMs?: number | undefined
}

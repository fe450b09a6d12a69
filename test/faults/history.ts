/**
 * What clients did and saw, on the one monotonic clock of the test process (ms). `ok` and `fail` are answers that
 * settle the matter; after `unknown` (no answer, or a 5xx) the command may have been done or not.
 */
export type Outcome = 'ok' | 'fail' | 'unknown'

export type Action = 'issue' | 'rotate' | 'suspend' | 'resume' | 'revoke' | 'revoke_token' | 'publish'

/** One command of an operator; it is one however often it was sent. */
export interface Command {
  /** Unique: stands in its event, as the display name of the key, the reason, or the operation. */
  readonly id: string
  readonly action: Action
  /** The key or token it acts on; of `issue` the new key, when it is known; of `publish` the operation. */
  readonly keyId: string | undefined
  readonly invokedAt: number
  readonly endedAt: number
  readonly outcome: Outcome
  /** That the acknowledgement answered; empty without one. */
  readonly position: string
  /** Of the last answer, for messages. */
  readonly answer: string
}

/** One request of a client to a gateway. */
export interface Call {
  readonly gateway: string
  /** Of the API key or the access token that it carried. */
  readonly keyId: string
  /** The operation tolerates no state older than 5 s. */
  readonly strict: boolean
  /** The X-Gatehouse-Position that it carried. */
  readonly position: string | undefined
  readonly invokedAt: number
  readonly endedAt: number
  /** Undefined: no answer came. */
  readonly status: number | undefined
  readonly requestId: string | undefined
  /** The published operation that it asked for, where that is none of the demo's own. */
  readonly operation?: string
}

/** One request with something that gives tokens: a code or a refresh token, which do so once, or an access token. */
export interface Redemption {
  /** Names what was presented, and is no secret. */
  readonly spent: string
  readonly kind: 'code' | 'refresh' | 'exchange'
  /** Of the grant. */
  readonly family: string
  /** Sent knowingly too late: an older one of the family, so that it must die. */
  readonly reuse: boolean
  readonly invokedAt: number
  readonly endedAt: number
  readonly outcome: Outcome
  /** What came of it: the next refresh token and the access token. */
  readonly successor: string | undefined
  readonly tokenId: string | undefined
}

/** What was done to the installation. */
export interface Fault {
  readonly name: string
  readonly from: number
  /** When it was undone. */
  readonly to: number
  /** When nothing lagged any more; undefined: not in 60 s. */
  readonly settledAt: number | undefined
  /** Revocations may reach operations without a bound on staleness only when it is over. */
  readonly hinders: boolean
  /** What the ledger was signed for then, kept as a witness keeps it. */
  readonly checkpoint?: string | undefined
}

export interface History {
  readonly commands: readonly Command[]
  readonly calls: readonly Call[]
  readonly redemptions?: readonly Redemption[]
  readonly faults?: readonly Fault[]
}

export const isAllow = ({ status }: Call) => status !== undefined && status < 400

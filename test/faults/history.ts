/**
 * What clients did and saw, on the one monotonic clock of the test process (ms). `ok` and `fail` are answers that
 * settle the matter; after `unknown` (no answer, or a 5xx) the command may have been done or not.
 */
export type Outcome = 'ok' | 'fail' | 'unknown'

export type Action = 'issue' | 'rotate' | 'suspend' | 'revoke'

/** One command of an operator; it is one however often it was sent. */
export interface Command {
  /** Unique: stands in its event, as the display name of the key or as the reason. */
  readonly id: string
  readonly action: Action
  /** The key it acts on; of `issue` the new key, when it is known. */
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
}

export interface History {
  readonly commands: readonly Command[]
  readonly calls: readonly Call[]
}

export const isAllow = ({ status }: Call) => status !== undefined && status < 400

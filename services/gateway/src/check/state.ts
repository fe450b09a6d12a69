import type { Positions } from '@gatehouse/contracts/positions'
import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import type { PolicyTable } from '@gatehouse/policy-engine'

/** What the check needs to know of the state that it decides on. */
export interface State {
  /** The policy as far as it is followed. */
  policy(): PolicyTable
  /** Every signing key of an environment, as far as its log is followed. */
  signingKeysOf(environmentId: string): readonly SigningKeyView[]
  /** How far this process has followed each log. */
  positions(): Positions
  /** See `Staleness` of @gatehouse/decision-state. */
  stalenessMs(): number
  provenStalenessMs(): number
  /** Waits until the state reaches the positions; false when it does not in time. */
  reached(positions: Positions): boolean | Promise<boolean>
}

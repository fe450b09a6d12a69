import type { ConsoleClient } from './console/client.ts'
import type { Output } from './output.ts'

/** What every command works with. */
export interface Session {
  readonly console: ConsoleClient
  readonly output: Output
}

/** Does the work of a command once its words are understood. */
export type Act = (work: (session: Session) => Promise<void>) => Promise<void>

import type { ConsoleClient } from './console/client.ts'
import type { OAuthClient } from './oauth/client.ts'
import type { Output } from './output.ts'

/** What every command works with. */
export interface Session {
  readonly console: ConsoleClient
  readonly output: Output
}

/** Does the work of a command once its words are understood. */
export type Act = (work: (session: Session) => Promise<void>) => Promise<void>

/** What the commands work with that are a client's, and no operator's. */
export interface ClientSession {
  readonly oauth: OAuthClient
  readonly output: Output
}

/** Where a client and its issuer are named; what is not comes from the environment or the demo. */
export interface ClientOptions {
  readonly issuer?: string | undefined
  readonly client?: string | undefined
}

/** Does the work of a command that asks nobody. */
export type ActAlone = (work: (output: Output) => Promise<void>) => Promise<void>

/** Does the work of a client's command. */
export type ActAsClient = (options: ClientOptions, work: (session: ClientSession) => Promise<void>) => Promise<void>

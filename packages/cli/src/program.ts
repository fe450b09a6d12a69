import { Command, CommanderError } from 'commander'
import { CliError, UsageError } from './cli-error.ts'
import { consoleClient } from './console/client.ts'
import { findConsole } from './console/settings.ts'
import { addApis } from './nouns/apis.ts'
import { addApply } from './nouns/apply.ts'
import { addClients } from './nouns/clients.ts'
import { addDecisions } from './nouns/decisions.ts'
import { addEnvironments } from './nouns/environments.ts'
import { addGrants } from './nouns/grants.ts'
import { addInitialAccessTokens } from './nouns/initial-access-tokens.ts'
import { addKeys } from './nouns/keys.ts'
import { addLedger } from './nouns/ledger.ts'
import { addPlans } from './nouns/plans.ts'
import { addSecrets } from './nouns/secrets.ts'
import { addSigningKeys } from './nouns/signing-keys.ts'
import { addSubscriptions } from './nouns/subscriptions.ts'
import { addTokens } from './nouns/tokens.ts'
import { addUsers } from './nouns/users.ts'
import { oauthClient } from './oauth/client.ts'
import { findClient } from './oauth/settings.ts'
import { jsonOutput, textOutput } from './output.ts'
import type { Act, ActAlone, ActAsClient } from './session.ts'

/** What a run takes from its surroundings. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  out(text: string): unknown
  err(text: string): unknown
  /** Ctrl-C. */
  readonly signal: AbortSignal
}

const failed = 1
const misused = 2
/** As a shell says that SIGINT ended a command. */
const interrupted = 130

const afterHelp = `
The console is found at GATEHOUSE_CONSOLE_URL (http://127.0.0.1:8081), its operator token in GATEHOUSE_OPERATOR_TOKEN
or in GATEHOUSE_DATA_DIR (./data).`

const nouns = [
  ...[addApply, addEnvironments, addApis, addPlans, addClients, addSecrets, addInitialAccessTokens],
  ...[addSubscriptions, addKeys, addUsers, addGrants, addTokens, addSigningKeys, addDecisions, addLedger],
]

/** Runs one command; answers the exit code: 0 done, 1 failed, 2 not understood, 130 interrupted. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { out, err, signal } = surroundings
  const program = new Command('gatehouse')
    .description(
      'Describes environments, APIs, plans, clients, subscriptions, keys and users, and shows and proves decisions.',
    )
    .option('--json', 'print JSON instead of tables')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: out, writeErr: err })
    .addHelpText('after', afterHelp)
    .exitOverride()
  const output = () => (program.opts<{ json?: boolean }>().json ? jsonOutput(out) : textOutput(out))
  const act: Act = async (work) => {
    await work({ console: consoleClient(await findConsole(surroundings.env), signal), output: output() })
  }
  const asClient: ActAsClient = async (options, work) => {
    await work({ oauth: oauthClient(await findClient(options, surroundings.env), signal), output: output() })
  }
  const alone: ActAlone = (work) => work(output())
  for (const add of nouns) add(program, act, asClient, alone)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : misused
    if (signal.aborted) return interrupted
    err(error instanceof CliError ? `gatehouse: ${error.message}\n` : `gatehouse: ${describe(error)}\n`)
    return error instanceof UsageError ? misused : failed
  }
}

/** An error that nobody foresaw is shown with its origin. */
function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

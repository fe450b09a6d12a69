import type { Command } from 'commander'
import { count, instant } from '../arguments.ts'
import { CliError, UsageError } from '../cli-error.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn, textIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('TIME', 'time'),
  ['OUTCOME', (item) => (item['allowed'] === true ? 'allow' : 'deny')],
  field('REASON', 'reason'),
  field('API', 'api_id'),
  field('OPERATION', 'operation_id'),
  field('CLIENT', 'client_id'),
  field('CREDENTIAL', 'credential_id'),
  field('DECISION', 'decision_id'),
]

interface Filter {
  readonly environment?: string
  readonly api?: string
  readonly operation?: string
  readonly client?: string
  readonly credential?: string
  readonly reason?: string
  readonly requestId?: string
  readonly allowed?: true
  readonly denied?: true
  readonly since?: string
  readonly until?: string
}

const defaultLimit = 50

export function addDecisions(program: Command, act: Act): void {
  const decisions = program.command('decisions').description('the records of what was let in and what was not, and why')

  decisions
    .command('list')
    .description('lists decisions, the newest first; with --follow those to come')
    .option('--environment <id>', 'in this environment')
    .option('--api <id>', 'of this API')
    .option('--operation <id>', 'of this operation')
    .option('--client <id>', 'of this client')
    .option('--credential <id>', 'made with this credential')
    .option('--reason <reason>', 'for this reason: ok, api_key_revoked, …')
    .option('--request-id <id>', 'of this request')
    .option('--allowed', 'only what was let in')
    .option('--denied', 'only what was not')
    .option('--since <time>', 'from this time on: a time, or a distance like 1h', instant('ago'))
    .option('--until <time>', 'before this time', instant('ago'))
    .option('--limit <count>', 'at most so many', count, defaultLimit)
    .option('--follow', 'shows decisions as they are stored, until Ctrl-C')
    .action((options: Filter & { limit: number; follow?: true }) => {
      if (options.allowed && options.denied) throw new UsageError('--allowed and --denied exclude each other')
      const query = queryOf(options)
      return act(async ({ console, output }) => {
        if (!options.follow)
          return output.list(await console.list(routes.decisions, 'decisions', query, options.limit), columns)
        for await (const decision of console.follow(routes.decisionFollow, query)) output.next(decision, columns)
      })
    })

  decisions
    .command('get')
    .description('shows one decision with its whole record')
    .argument('<decision>')
    .action((id: string) =>
      act(async ({ console, output }) => {
        const decision = recordIn(await console.get(routes.decision(id)), 'decision')
        if (!textIn(decision, 'decision_id')) throw new CliError(`the answer holds no decision ${id}`)
        output.one(decision)
      }),
    )
}

function queryOf(filter: Filter) {
  return {
    environment_id: filter.environment,
    api_id: filter.api,
    operation_id: filter.operation,
    client_id: filter.client,
    credential_id: filter.credential,
    reason: filter.reason,
    request_id: filter.requestId,
    allowed: filter.allowed ? true : filter.denied ? false : undefined,
    start_time: filter.since,
    end_time: filter.until,
  }
}

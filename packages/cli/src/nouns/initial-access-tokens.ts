import type { Command } from 'commander'
import { count, instant } from '../arguments.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { type Json, recordIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('TOKEN', 'initial_access_token_id'),
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  field('CLIENTS', 'client_count'),
  field('MAX', 'clients_max'),
  field('CREATED', 'create_time'),
  field('EXPIRES', 'expire_time'),
]

interface IssueOptions {
  readonly environment: string
  readonly name: string
  readonly expires?: string
  readonly clients?: number
}

export function addInitialAccessTokens(program: Command, act: Act): void {
  const tokens = program.command('initial-access-tokens').description('let their holders register clients (RFC 7591)')

  tokens
    .command('list')
    .description('lists those of an environment')
    .requiredOption('--environment <id>', 'the environment')
    .action(({ environment }: { environment: string }) =>
      act(async ({ console, output }) => {
        const query = { environment_id: environment }
        output.list(await console.list(routes.initialAccessTokens, 'initial_access_tokens', query), columns)
      }),
    )

  tokens
    .command('issue')
    .description('makes one and shows it, this once')
    .requiredOption('--environment <id>', 'the environment')
    .option('--name <text>', 'its display name', '')
    .option('--expires <time>', 'when it is refused: a time, or a distance like 30d', instant('ahead'))
    .option('--clients <number>', 'so many may be registered with it (default 100)', count)
    .action(({ environment, name, expires, clients }: IssueOptions) =>
      act(async ({ console, output }) => {
        const bounds = { ...(expires && { expire_time: expires }), ...(clients && { clients_max: clients }) }
        const body = { environment_id: environment, display_name: name, ...bounds }
        output.one(shown(await console.post(routes.initialAccessTokens, body)))
        output.note('\nThe token is shown this once: keep it.')
      }),
    )

  tokens
    .command('revoke')
    .description('lets nobody register clients with it any more; those that are registered stay')
    .argument('<token>', 'its id')
    .option('--reason <text>', 'why', '')
    .action((id: string, { reason }: { reason: string }) =>
      act(async ({ console, output }) =>
        output.one(shown(await console.post(routes.initialAccessTokenAction(id, 'revoke'), { reason }))),
      ),
    )
}

function shown(answer: Json): Json {
  const { initial_access_token_text: text, position } = answer
  return {
    ...recordIn(answer, 'initial_access_token'),
    ...(text ? { initial_access_token_text: text } : {}),
    position,
  }
}

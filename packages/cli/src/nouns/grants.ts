import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('GRANT', 'grant_id'),
  field('CLIENT', 'client_id'),
  field('USER', 'user_id'),
  field('API', 'api_id'),
  ['SCOPES', ({ scopes }) => (Array.isArray(scopes) ? scopes.join(' ') : '')],
  field('STATE', 'state'),
  field('STARTED', 'start_time'),
  field('ENDS', 'expire_time'),
]

export function addGrants(program: Command, act: Act): void {
  const grants = program.command('grants').description('what users granted to clients, with its refresh tokens')

  grants
    .command('list')
    .description('lists the grants of an environment, newest first')
    .requiredOption('--environment <id>', 'the environment')
    .option('--client <id>', 'to this client')
    .option('--user <id>', 'by this user')
    .action(({ environment, client, user }: { environment: string; client?: string; user?: string }) =>
      act(async ({ console, output }) => {
        const query = { environment_id: environment, client_id: client, user_id: user }
        output.list(await console.list(routes.grants, 'grants', query), columns)
      }),
    )

  grants
    .command('get')
    .description('shows one grant')
    .argument('<grant>')
    .action((id: string) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.grant(id)), 'grant'))),
    )

  grants
    .command('revoke')
    .description('refuses the grant and all that came from it')
    .argument('<grant>')
    .action((id: string) =>
      act(async ({ console, output }) => {
        const answer = await console.post(routes.grantAction(id, 'revoke'))
        output.one({ ...recordIn(answer, 'grant'), position: answer['position'] })
      }),
    )
}

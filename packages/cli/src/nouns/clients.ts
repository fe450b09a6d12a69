import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('CLIENT', 'client_id'),
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  field('CREATED', 'create_time'),
]

export function addClients(program: Command, act: Act): void {
  const clients = program.command('clients').description('registered applications, owners of subscriptions and keys')

  clients
    .command('list')
    .description('lists the clients of an environment')
    .requiredOption('--environment <id>', 'the environment')
    .action(({ environment }: { environment: string }) =>
      act(async ({ console, output }) => {
        const found = console.list(routes.clients, 'clients', { environment_id: environment })
        output.list(await found, columns)
      }),
    )

  clients
    .command('get')
    .description('shows one client')
    .argument('<client>')
    .action((id: string) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.client(id)), 'client'))),
    )

  clients
    .command('register')
    .description('registers a client')
    .requiredOption('--environment <id>', 'the environment')
    .option('--id <id>', 'its id; generated when absent')
    .option('--name <text>', 'its display name', '')
    .action(({ environment, id, name }: { environment: string; id?: string; name: string }) =>
      act(async ({ console, output }) => {
        const body = { environment_id: environment, ...(id && { client_id: id }), display_name: name }
        const { client, position } = await console.post(routes.clients, body)
        output.one({ ...recordIn({ client }, 'client'), position })
      }),
    )

  clients
    .command('suspend')
    .description('refuses everything of the client until it is resumed')
    .argument('<client>')
    .option('--reason <text>', 'why', '')
    .action((id: string, { reason }: { reason: string }) => change(id, 'suspend', { reason }))

  clients
    .command('resume')
    .description('ends a suspension')
    .argument('<client>')
    .action((id: string) => change(id, 'resume', {}))

  const change = (id: string, action: string, body: Record<string, unknown>) =>
    act(async ({ console, output }) => {
      const { client, position } = await console.post(routes.clientAction(id, action), body)
      output.one({ ...recordIn({ client }, 'client'), position })
    })
}

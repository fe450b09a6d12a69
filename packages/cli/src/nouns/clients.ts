import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { type Json, recordIn } from '../record.ts'
import type { Act } from '../session.ts'
import { type RegistrationOptions, registrationOf, withRegistration } from './registration-options.ts'

const columns: readonly Column[] = [
  field('CLIENT', 'client_id'),
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  field('CREATED', 'create_time'),
  ['OAUTH', (item) => grantsOf(recordIn(item, 'registration'))],
]

export function addClients(program: Command, act: Act): void {
  const clients = program.command('clients').description('registered applications, owners of subscriptions and keys')
  addReading(clients, act)
  addRegistering(clients, act)
  addStates(clients, act)
}

function addReading(clients: Command, act: Act): void {
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
}

interface NewClient extends RegistrationOptions {
  readonly environment: string
  readonly id?: string
  readonly name: string
}

interface ChangedClient extends RegistrationOptions {
  readonly name?: string
  readonly oauth: boolean
}

function addRegistering(clients: Command, act: Act): void {
  withRegistration(
    clients
      .command('register')
      .description('registers a client')
      .requiredOption('--environment <id>', 'the environment')
      .option('--id <id>', 'its id; generated when absent')
      .option('--name <text>', 'its display name', ''),
  ).action(({ environment, id, name, ...options }: NewClient) =>
    act(async ({ console, output }) => {
      const registration = await registrationOf(options)
      const body = { environment_id: environment, ...(id && { client_id: id }), display_name: name }
      output.one(shown(await console.post(routes.clients, { ...body, ...(registration && { registration }) })))
    }),
  )

  withRegistration(
    clients
      .command('change')
      .description('replaces what a client may do as an OAuth client')
      .argument('<client>')
      .option('--name <text>', 'its display name; it keeps the one it has when absent')
      .option('--no-oauth', 'it is no OAuth client any more'),
  ).action(async (id: string, { name, oauth, ...options }: ChangedClient) => {
    const registration = await registrationOf(options)
    if (oauth === (registration === undefined)) throw new UsageError('say what it may do, or --no-oauth')
    const body = { registration: registration ?? null, ...(name && { display_name: name }) }
    await act(async ({ console, output }) =>
      output.one(shown(await console.post(routes.clientAction(id, 'change'), body))),
    )
  })
}

function addStates(clients: Command, act: Act): void {
  const change = (id: string, action: string, body: Json) =>
    act(async ({ console, output }) => output.one(shown(await console.post(routes.clientAction(id, action), body))))

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

  clients
    .command('delete')
    .description('ends the client for good')
    .argument('<client>')
    .action((id: string) =>
      act(async ({ console, output }) => output.one(shown(await console.delete(routes.client(id))))),
    )
}

/** The client and the position of the write. */
function shown(answer: Json): Json {
  return { ...recordIn(answer, 'client'), position: answer['position'] }
}

function grantsOf({ grant_types }: Json): string {
  return Array.isArray(grant_types) ? grant_types.map((type) => String(type).replace(/^.*:/, '')).join(' ') : ''
}

import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import { UsageError } from '../cli-error.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('SUBSCRIPTION', 'subscription_id'),
  field('CLIENT', 'client_id'),
  field('API', 'api_id'),
  field('PLAN', 'plan_id'),
  field('STATE', 'state'),
  [
    'OPERATIONS',
    ({ operations }) => (Array.isArray(operations) && operations.length > 0 ? operations.join(' ') : 'all'),
  ],
  ['SCOPES', ({ scopes }) => (Array.isArray(scopes) ? scopes.join(' ') : '')],
]

interface Entitlement {
  readonly operation?: readonly string[]
  readonly scope?: readonly string[]
}

export function addSubscriptions(program: Command, act: Act): void {
  const subscriptions = program.command('subscriptions').description('a client, an API and a plan')
  addReading(subscriptions, act)
  addCreating(subscriptions, act)

  addStates(subscriptions, act)
}

function addStates(subscriptions: Command, act: Act): void {
  const transition = (id: string, action: string, body: Json) =>
    act(async ({ console, output }) => {
      const answer = await console.post(routes.subscriptionAction(id, action), body)
      output.one({ ...recordIn(answer, 'subscription'), position: answer['position'] })
    })
  const refusal = (action: string, description: string) =>
    subscriptions
      .command(action)
      .description(description)
      .argument('<subscription>')
      .option('--reason <text>', 'why', '')
      .action((id: string, { reason }: { reason: string }) => transition(id, action, { reason }))
  refusal('suspend', 'refuses its credentials until it is resumed')
  refusal('cancel', 'ends it for good')
  subscriptions
    .command('resume')
    .description('ends a suspension')
    .argument('<subscription>')
    .action((id: string) => transition(id, 'resume', {}))
}

function addReading(subscriptions: Command, act: Act): void {
  subscriptions
    .command('list')
    .description('lists the subscriptions of an environment or of a client')
    .option('--environment <id>', 'of this environment')
    .option('--client <id>', 'of this client')
    .action(({ environment, client }: { environment?: string; client?: string }) => {
      if (!environment && !client) throw new UsageError('say of whom: --environment ID or --client ID')
      const query = { environment_id: environment, client_id: client }
      return act(async ({ console, output }) =>
        output.list(await console.list(routes.subscriptions, 'subscriptions', query), columns),
      )
    })

  subscriptions
    .command('get')
    .description('shows one subscription')
    .argument('<subscription>')
    .action((id: string) =>
      act(async ({ console, output }) =>
        output.one(recordIn(await console.get(routes.subscription(id)), 'subscription')),
      ),
    )
}

function addCreating(subscriptions: Command, act: Act): void {
  subscriptions
    .command('create')
    .description('asks for an API under a plan; the subscription is pending until it is activated')
    .requiredOption('--client <id>', 'the client')
    .requiredOption('--api <id>', 'the API')
    .requiredOption('--plan <id>', 'the plan')
    .option('--operation <id>', 'an operation it is entitled to; all when absent (repeatable)', collect)
    .option('--scope <name>', 'a scope it is entitled to (repeatable)', collect)
    .action(({ client, api, plan, operation, scope }: { client: string; api: string; plan: string } & Entitlement) =>
      act(async ({ console, output }) => {
        const body = { client_id: client, api_id: api, plan_id: plan, operations: operation ?? [], scopes: scope ?? [] }
        const answer = await console.post(routes.subscriptions, body)
        output.one({ ...recordIn(answer, 'subscription'), position: answer['position'] })
      }),
    )

  subscriptions
    .command('activate')
    .description('makes a pending subscription active and shows its API key, this once')
    .argument('<subscription>')
    .action((id: string) =>
      act(async ({ console, output }) => {
        const answer = await console.post(routes.subscriptionAction(id, 'activate'))
        output.one({
          ...recordIn(answer, 'subscription'),
          api_key_id: textIn(recordIn(answer, 'api_key'), 'api_key_id'),
          api_key_secret: answer['api_key_secret'],
          position: answer['position'],
        })
        output.note('\nThe key is shown this once: keep it.')
      }),
    )
}

import type { Command } from 'commander'
import { collect, duration, instant, sha256 } from '../arguments.ts'
import { UsageError } from '../cli-error.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { type Json, recordIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('KEY', 'api_key_id'),
  field('CLIENT', 'client_id'),
  field('SUBSCRIPTION', 'subscription_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  field('EXPIRES', 'expire_time'),
  field('LAST USED', 'last_use_time'),
]

interface Restrictions {
  readonly cidr?: readonly string[]
  readonly operation?: readonly string[]
  readonly scope?: readonly string[]
}

interface NewKey extends Restrictions {
  readonly subscription: string
  readonly name: string
  readonly expires?: string
}

export function addKeys(program: Command, act: Act): void {
  const keys = program.command('keys').description('API keys')
  addReading(keys, act)
  addMaking(keys, act)
  addStates(keys, act)
  addNarrowing(keys, act)
}

function addReading(keys: Command, act: Act): void {
  keys
    .command('list')
    .description('lists the keys of an environment, a client or a subscription')
    .option('--environment <id>', 'of this environment')
    .option('--client <id>', 'of this client')
    .option('--subscription <id>', 'of this subscription')
    .action(
      ({ environment, client, subscription }: { environment?: string; client?: string; subscription?: string }) => {
        if (!environment && !client && !subscription)
          throw new UsageError('say of whom: --environment ID, --client ID or --subscription ID')
        const query = { environment_id: environment, client_id: client, subscription_id: subscription }
        return act(async ({ console, output }) =>
          output.list(await console.list(routes.keys, 'api_keys', query), columns),
        )
      },
    )

  keys
    .command('get')
    .description('shows one key, without its secret')
    .argument('<key>')
    .action((id: string) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.key(id)), 'api_key'))),
    )
}

function addMaking(keys: Command, act: Act): void {
  const made = (command: Command) =>
    restrictable(command)
      .requiredOption('--subscription <id>', 'the subscription')
      .option('--name <text>', 'its display name', '')
      .option('--expires <time>', 'when it is refused: a time, or a distance like 30d', instant('ahead'))
  const body = (options: NewKey) => ({
    subscription_id: options.subscription,
    display_name: options.name,
    restrictions: restrictionsOf(options),
    ...(options.expires && { expire_time: options.expires }),
  })

  made(keys.command('issue').description('makes a further key of a subscription and shows it, this once')).action(
    (options: NewKey) =>
      act(async ({ console, output }) => {
        output.one(shown(await console.post(routes.keys, body(options))))
        output.note('\nThe key is shown this once: keep it.')
      }),
  )

  made(keys.command('import').description('brings in a key made elsewhere, by its hash'))
    .requiredOption('--digest <sha256>', 'SHA-256 of the whole key, in hex or base64', sha256)
    .action((options: NewKey & { digest: string }) =>
      act(async ({ console, output }) =>
        output.one(shown(await console.post(routes.importKey, { ...body(options), digest: options.digest }))),
      ),
    )

  keys
    .command('rotate')
    .description('makes a successor and shows it, this once; both are active until the overlap ends')
    .argument('<key>')
    .option('--overlap <duration>', 'how long the old key still works, up to 30d; 24h when absent', duration)
    .action((id: string, { overlap }: { overlap?: string }) =>
      act(async ({ console, output }) => {
        output.one(shown(await console.post(routes.keyAction(id, 'rotate'), overlap ? { overlap } : {})))
        output.note('\nThe key is shown this once: keep it.')
      }),
    )
}

function addStates(keys: Command, act: Act): void {
  const transition = (id: string, action: string, body: Json) =>
    act(async ({ console, output }) => output.one(shown(await console.post(routes.keyAction(id, action), body))))
  const refusal = (action: string, description: string) =>
    keys
      .command(action)
      .description(description)
      .argument('<key>')
      .option('--reason <text>', 'why', '')
      .action((id: string, { reason }: { reason: string }) => transition(id, action, { reason }))
  refusal('suspend', 'refuses the key until it is resumed')
  refusal('revoke', 'refuses the key for good')
  keys
    .command('resume')
    .description('ends a suspension')
    .argument('<key>')
    .action((id: string) => transition(id, 'resume', {}))
}

function addNarrowing(keys: Command, act: Act): void {
  restrictable(
    keys
      .command('restrict')
      .description('replaces the restrictions of the key; without options removes them')
      .argument('<key>'),
  ).action((id: string, options: Restrictions) =>
    act(async ({ console, output }) => {
      const answer = await console.post(routes.keyAction(id, 'restrict'), restrictionsOf(options))
      output.one(shown(answer))
    }),
  )

  keys
    .command('expire')
    .description('sets the time from which the key is refused; without one removes it')
    .argument('<key>')
    .option('--at <time>', 'a time, or a distance like 30d', instant('ahead'))
    .action((id: string, { at }: { at?: string }) =>
      act(async ({ console, output }) =>
        output.one(shown(await console.post(routes.keyAction(id, 'expire'), at ? { expire_time: at } : {}))),
      ),
    )
}

function restrictable(command: Command): Command {
  return command
    .option('--cidr <range>', 'only from this IPv4 or IPv6 range (repeatable)', collect)
    .option('--operation <id>', 'only this operation (repeatable)', collect)
    .option('--scope <name>', 'only this scope (repeatable)', collect)
}

function restrictionsOf({ cidr = [], operation = [], scope = [] }: Restrictions): Json {
  return { cidrs: cidr, operations: operation, scopes: scope }
}

/** The key with its secret, where the answer has one, and the position of the write. */
function shown(answer: Json): Json {
  const { api_key_secret, position } = answer
  return { ...recordIn(answer, 'api_key'), ...(api_key_secret ? { api_key_secret } : {}), position }
}

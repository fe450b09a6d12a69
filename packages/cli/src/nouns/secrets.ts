import type { Command } from 'commander'
import { instant } from '../arguments.ts'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { type Json, recordIn, recordsIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('SECRET', 'client_secret_id'),
  field('CLIENT', 'client_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  field('CREATED', 'create_time'),
  field('EXPIRES', 'expire_time'),
]

export function addSecrets(program: Command, act: Act): void {
  const secrets = program.command('secrets').description('secrets by which OAuth clients prove themselves')

  secrets
    .command('list')
    .description('lists the secrets of a client')
    .requiredOption('--client <id>', 'the client')
    .action(({ client }: { client: string }) =>
      act(async ({ console, output }) =>
        output.list(recordsIn(await console.get(routes.clientSecrets(client)), 'client_secrets'), columns),
      ),
    )

  secrets
    .command('issue')
    .description('makes a further secret and shows it, this once; to rotate, issue, change over, revoke the old one')
    .requiredOption('--client <id>', 'the client')
    .option('--name <text>', 'its display name', '')
    .option('--expires <time>', 'when it is refused: a time, or a distance like 30d', instant('ahead'))
    .action(({ client, name, expires }: { client: string; name: string; expires?: string }) =>
      act(async ({ console, output }) => {
        const body = { display_name: name, ...(expires && { expire_time: expires }) }
        output.one(shown(await console.post(routes.clientSecrets(client), body)))
        output.note('\nThe secret is shown this once: keep it.')
      }),
    )

  secrets
    .command('revoke')
    .description('refuses the secret for good, and what was issued to its client by now')
    .argument('<secret>')
    .option('--reason <text>', 'why', '')
    .action((id: string, { reason }: { reason: string }) => change(id, 'revoke', { reason }))

  secrets
    .command('expire')
    .description('sets the time from which the secret is refused; without one removes it')
    .argument('<secret>')
    .option('--at <time>', 'a time, or a distance like 30d', instant('ahead'))
    .action((id: string, { at }: { at?: string }) => change(id, 'expire', at ? { expire_time: at } : {}))

  const change = (id: string, action: string, body: Json) =>
    act(async ({ console, output }) =>
      output.one(shown(await console.post(routes.clientSecretAction(id, action), body))),
    )
}

/** The secret with its text, where the answer has one, and the position of the write. */
function shown(answer: Json): Json {
  const { client_secret_text, position } = answer
  return { ...recordIn(answer, 'client_secret'), ...(client_secret_text ? { client_secret_text } : {}), position }
}

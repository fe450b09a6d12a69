import { type Command, Option } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn, recordsIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('KEY', 'key_id'),
  field('ALGORITHM', 'algorithm'),
  field('STATE', 'state'),
  field('PUBLISHED', 'publish_time'),
  field('SIGNS FROM', 'activate_time'),
  field('REFUSED FROM', 'remove_time'),
]

export function addSigningKeys(program: Command, act: Act): void {
  const keys = program.command('signing-keys').description('keys that sign the tokens of an environment')

  keys
    .command('list')
    .description('lists the keys of an environment, newest first')
    .requiredOption('--environment <id>', 'the environment')
    .action(({ environment }: { environment: string }) =>
      act(async ({ console, output }) => {
        const answer = await console.get(routes.signingKeys, { environment_id: environment })
        output.list(recordsIn(answer, 'signing_keys'), columns)
      }),
    )

  keys
    .command('rotate')
    .description('publishes a new key, which takes over when every cache knows it; no token dies')
    .requiredOption('--environment <id>', 'the environment')
    .addOption(new Option('--algorithm <name>', 'of the key').choices(['es256', 'rs256']).default('es256'))
    .action(({ environment, algorithm }: { environment: string; algorithm: string }) =>
      act(async ({ console, output }) => {
        const body = { environment_id: environment, algorithm }
        const answer = await console.post(routes.rotateSigningKey, body)
        output.one({ ...recordIn(answer, 'signing_key'), position: answer['position'] })
      }),
    )

  keys
    .command('remove')
    .description('refuses at once all that the key signed: for one that leaked')
    .argument('<key>')
    .option('--reason <text>', 'why', '')
    .action((id: string, { reason }: { reason: string }) =>
      act(async ({ console, output }) => {
        const answer = await console.post(routes.signingKeyAction(id, 'remove'), { reason })
        output.one({ ...recordIn(answer, 'signing_key'), position: answer['position'] })
      }),
    )
}

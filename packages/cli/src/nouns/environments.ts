import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn, textIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  ['HOSTS', ({ hosts }) => (Array.isArray(hosts) ? hosts.join(' ') : '')],
  ['ISSUER', (item) => textIn(recordIn(item, 'issuer'), 'url')],
  ['AUDIT MODE', (item) => textIn(recordIn(item, 'enforcement'), 'audit_mode')],
  ['MAX STALENESS', (item) => textIn(recordIn(item, 'enforcement'), 'max_staleness')],
]

export function addEnvironments(program: Command, act: Act): void {
  const environments = program.command('environments').description('where APIs are published, chosen by host')

  environments
    .command('list')
    .description('lists the environments')
    .action(() =>
      act(async ({ console, output }) => output.list(await console.list(routes.environments, 'environments'), columns)),
    )

  environments
    .command('get')
    .description('shows one environment')
    .argument('<environment>')
    .action((id: string) =>
      act(async ({ console, output }) =>
        output.one(recordIn(await console.get(routes.environment(id)), 'environment')),
      ),
    )
}

import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { recordIn, recordsIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('PLAN', 'plan_id'),
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  ['LIMITS', (item) => recordsIn(item, 'rate_limits').map(limit).join(', ')],
]

export function addPlans(program: Command, act: Act): void {
  const plans = program.command('plans').description('sets of rate limits')

  plans
    .command('list')
    .description('lists the plans of an environment')
    .requiredOption('--environment <id>', 'the environment')
    .action(({ environment }: { environment: string }) =>
      act(async ({ console, output }) => output.list(await console.list(routes.plans(environment), 'plans'), columns)),
    )

  plans
    .command('get')
    .description('shows one plan')
    .argument('<plan>')
    .requiredOption('--environment <id>', 'the environment')
    .action((id: string, { environment }: { environment: string }) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.plan(environment, id)), 'plan'))),
    )
}

function limit({ name, requests, period, burst }: Record<string, unknown>): string {
  return `${name}: ${requests} per ${period}${burst ? `, ${burst} at once` : ''}`
}

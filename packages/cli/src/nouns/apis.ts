import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { isRecord, recordIn, recordsIn, textIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('API', 'api_id'),
  field('ENVIRONMENT', 'environment_id'),
  field('NAME', 'display_name'),
  field('STATE', 'state'),
  ['OPERATIONS', (item) => String(recordsIn(item, 'operations').length)],
  ['TOKENS', ({ tokens }) => (isRecord(tokens) ? textIn(tokens, 'form') || 'jwt' : '')],
  ['UPSTREAMS', ({ upstreams }) => (Array.isArray(upstreams) ? upstreams.join(' ') : '')],
]

const operationColumns: readonly Column[] = [
  field('OPERATION', 'operation_id'),
  field('METHOD', 'method'),
  field('PATH', 'path_template'),
  ['SECURITY', (item) => recordsIn(item, 'security').map(alternative).join(' | ') || 'denied to all'],
]

export function addApis(program: Command, act: Act): void {
  const apis = program.command('apis').description('APIs, published under /{api} in an environment')

  apis
    .command('list')
    .description('lists the APIs of an environment')
    .requiredOption('--environment <id>', 'the environment')
    .action(({ environment }: { environment: string }) =>
      act(async ({ console, output }) => output.list(await console.list(routes.apis(environment), 'apis'), columns)),
    )

  apis
    .command('get')
    .description('shows one API')
    .argument('<api>')
    .requiredOption('--environment <id>', 'the environment')
    .action((id: string, { environment }: { environment: string }) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.api(environment, id)), 'api'))),
    )

  apis
    .command('operations')
    .description('lists the operations of an API')
    .argument('<api>')
    .requiredOption('--environment <id>', 'the environment')
    .action((id: string, { environment }: { environment: string }) =>
      act(async ({ console, output }) => {
        const api = recordIn(await console.get(routes.api(environment, id)), 'api')
        output.list(recordsIn(api, 'operations'), operationColumns)
      }),
    )
}

/** `api_key + oauth2(read write)`; an alternative without a requirement lets everybody in. */
function alternative(security: Record<string, unknown>): string {
  const requirements = recordsIn(security, 'requirements').map(({ scheme, scopes }) =>
    Array.isArray(scopes) && scopes.length > 0 ? `${scheme}(${scopes.join(' ')})` : String(scheme),
  )
  return requirements.join(' + ') || 'open'
}

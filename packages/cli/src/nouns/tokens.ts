import { type Command, Option } from 'commander'
import { collect, instant } from '../arguments.ts'
import { UsageError } from '../cli-error.ts'
import { routes } from '../console/routes.ts'
import { requireText } from '../read-text.ts'
import type { Act, ActAsClient, ClientOptions } from '../session.ts'

const afterHelp = `
The issuer and the client are found in GATEHOUSE_ISSUER, GATEHOUSE_CLIENT_ID and GATEHOUSE_CLIENT_SECRET, or in the demo of
GATEHOUSE_DATA_DIR (./data). A TOKEN of @FILE is read from a file, @/dev/stdin from there.`

export function addTokens(program: Command, act: Act, asClient: ActAsClient): void {
  const tokens = program.command('tokens').description('access tokens').addHelpText('after', afterHelp)
  addIssuing(tokens, asClient)
  addRevoking(tokens, act, asClient)
}

interface Wanted extends ClientOptions {
  readonly api?: string
  readonly resource?: string
  readonly scope?: readonly string[]
}

function addIssuing(tokens: Command, asClient: ActAsClient): void {
  ofClient(tokens.command('issue').description('asks for a token of the client’s own (client_credentials)'))
    .option('--api <id>', 'for this API')
    .option('--resource <uri>', 'for the API with this audience')
    .option('--scope <name>', 'with this scope (repeatable); all that it is entitled to when absent', collect)
    .action(({ api, resource, scope, ...options }: Wanted) => {
      if (!api === !resource) throw new UsageError('say for what: --api ID or --resource URI')
      return asClient(options, async ({ oauth, output }) => {
        const form = { grant_type: 'client_credentials', resource, scope: scope?.join(' ') }
        output.one(await oauth.post('token', form, api))
      })
    })

  ofClient(tokens.command('introspect').description('tells what a token is good for').argument('<token>')).action(
    (token: string, options: ClientOptions) =>
      asClient(options, async ({ oauth, output }) =>
        output.one(await oauth.post('introspect', { token: await textOf(token) })),
      ),
  )
}

interface Revoked extends ClientOptions {
  readonly id?: string
  readonly environment?: string
  readonly reason: string
}

const subjects = ['client', 'user', 'environment']

interface Cutoff {
  readonly environment: string
  readonly subject: string
  readonly id?: string
  readonly before?: string
  readonly reason: string
}

function addRevoking(tokens: Command, act: Act, asClient: ActAsClient): void {
  ofClient(tokens.command('revoke').description('refuses a token: as its client, or by its jti as operator'))
    .argument('[token]', 'the token itself, as its client')
    .option('--id <jti>', 'its jti, as operator')
    .option('--environment <id>', 'of the jti')
    .option('--reason <text>', 'why, as operator', '')
    .action((token: string | undefined, { id, environment, reason, ...options }: Revoked) => {
      if (token && !id)
        return asClient(options, async ({ oauth, output }) =>
          output.one({ revoked: true, ...(await oauth.post('revoke', { token: await textOf(token) })) }),
        )
      if (!id || token || !environment) throw new UsageError('say what: TOKEN, or --id JTI --environment ID')
      const body = { environment_id: environment, reason }
      return act(async ({ console, output }) => output.one(await console.post(routes.tokenAction(id, 'revoke'), body)))
    })

  tokens
    .command('revoke-before')
    .description('refuses everything issued at or before a time to a client, to a user or in an environment')
    .requiredOption('--environment <id>', 'the environment')
    .addOption(new Option('--subject <kind>', 'whose').choices(subjects).makeOptionMandatory())
    .option('--id <id>', 'the client or user')
    .option('--before <time>', 'a time, or a distance like 1h ago; now when absent', instant('ago'))
    .option('--reason <text>', 'why', '')
    .action(({ environment, subject, id, before, reason }: Cutoff) => {
      if ((subject === 'environment') === Boolean(id)) throw new UsageError('say whose: --id goes with client and user')
      const whose = { environment_id: environment, subject, ...(id && { subject_id: id }) }
      const body = { ...whose, reason, ...(before && { before }) }
      return act(async ({ console, output }) => output.one(await console.post(routes.revokeBefore, body)))
    })
}

function ofClient(command: Command): Command {
  return command.option('--issuer <url>', 'where').option('--client <id>', 'who asks')
}

async function textOf(token: string): Promise<string> {
  return token.startsWith('@') ? requireText(token.slice(1)) : token
}

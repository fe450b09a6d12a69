import type { Command } from 'commander'
import { routes } from '../console/routes.ts'
import { type Column, field } from '../output.ts'
import { requireText } from '../read-text.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [
  field('USER', 'user_id'),
  field('USERNAME', 'username'),
  ['NAME', (item) => textIn(recordIn(item, 'claims'), 'name')],
  ['EMAIL', (item) => textIn(recordIn(item, 'claims'), 'email')],
  field('STATE', 'state'),
  field('PASSWORD', 'has_password'),
]

interface Claims {
  readonly name?: string
  readonly givenName?: string
  readonly familyName?: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly locale?: string
}

export function addUsers(program: Command, act: Act): void {
  const users = program.command('users').description('who signs in at the pages of an environment')
  addReading(users, act)
  addMaking(users, act)
  addStates(users, act)
}

function addReading(users: Command, act: Act): void {
  users
    .command('list')
    .description('lists the users of an environment')
    .requiredOption('--environment <id>', 'the environment')
    .option('--username <name>', 'the one who signs in with this name')
    .action(({ environment, username }: { environment: string; username?: string }) =>
      act(async ({ console, output }) => {
        const query = { environment_id: environment, username }
        output.list(await console.list(routes.users, 'users', query), columns)
      }),
    )

  users
    .command('get')
    .description('shows one user')
    .argument('<user>')
    .action((id: string) =>
      act(async ({ console, output }) => output.one(recordIn(await console.get(routes.user(id)), 'user'))),
    )
}

interface NewUser extends Claims {
  readonly environment: string
  readonly username: string
  readonly passwordFile?: string
}

function addMaking(users: Command, act: Act): void {
  withClaims(users.command('create').description('makes a user'))
    .requiredOption('--environment <id>', 'the environment')
    .requiredOption('--username <name>', 'what the user signs in with')
    .option('--password-file <path>', 'holds the password; /dev/stdin takes it from there')
    .action(({ environment, username, passwordFile, ...claims }: NewUser) =>
      act(async ({ console, output }) => {
        const password = passwordFile && (await requireText(passwordFile))
        const body = { environment_id: environment, username, ...(password && { password }) }
        output.one(shown(await console.post(routes.users, { ...body, claims: claimsOf(claims) })))
      }),
    )

  withClaims(users.command('change').description('replaces what clients are told of a user').argument('<user>')).action(
    (id: string, claims: Claims) =>
      act(async ({ console, output }) =>
        output.one(shown(await console.post(routes.userAction(id, 'change'), { claims: claimsOf(claims) }))),
      ),
  )

  users
    .command('password')
    .description('sets a password, and ends the sessions of the user')
    .argument('<user>')
    .requiredOption('--password-file <path>', 'holds the password; /dev/stdin takes it from there')
    .action((id: string, { passwordFile }: { passwordFile: string }) =>
      act(async ({ console, output }) => {
        const password = await requireText(passwordFile)
        output.one(shown(await console.post(routes.userAction(id, 'password'), { password })))
      }),
    )

  users
    .command('link')
    .description('ties a user to an account at an identity provider')
    .argument('<user>')
    .requiredOption('--provider <id>', 'the provider')
    .requiredOption('--subject <text>', 'the account there')
    .action((id: string, { provider, subject }: { provider: string; subject: string }) =>
      act(async ({ console, output }) => {
        const body = { provider_id: provider, provider_subject: subject }
        output.one(shown(await console.post(routes.userAction(id, 'link'), body)))
      }),
    )
}

function addStates(users: Command, act: Act): void {
  const change = (id: string, action: string, body: Json) =>
    act(async ({ console, output }) => output.one(shown(await console.post(routes.userAction(id, action), body))))
  users
    .command('suspend')
    .description('refuses everything of the user until resumed')
    .argument('<user>')
    .option('--reason <text>', 'why', '')
    .action((id: string, { reason }: { reason: string }) => change(id, 'suspend', { reason }))
  users
    .command('resume')
    .description('ends a suspension')
    .argument('<user>')
    .action((id: string) => change(id, 'resume', {}))
}

function withClaims(command: Command): Command {
  return command
    .option('--name <text>', 'the whole name')
    .option('--given-name <text>')
    .option('--family-name <text>')
    .option('--email <address>')
    .option('--email-verified', 'the address was checked')
    .option('--locale <tag>', 'de-DE')
}

function claimsOf({ name, givenName, familyName, email, emailVerified, locale }: Claims): Json {
  const claims = { name, given_name: givenName, family_name: familyName, email, email_verified: emailVerified, locale }
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

function shown(answer: Json): Json {
  return { ...recordIn(answer, 'user'), position: answer['position'] }
}

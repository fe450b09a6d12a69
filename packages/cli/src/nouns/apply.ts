import type { Command } from 'commander'
import type { Change } from '../apply/change.ts'
import { type Entry, type Kind, readEntries } from '../apply/document.ts'
import { putClient } from '../apply/put-client.ts'
import { putApi, putEnvironment, putPlan } from '../apply/put-policy.ts'
import { putSubscription } from '../apply/put-subscription.ts'
import { collect } from '../arguments.ts'
import { CliError } from '../cli-error.ts'
import type { ConsoleClient } from '../console/client.ts'
import { type Column, field } from '../output.ts'
import type { Json } from '../record.ts'
import type { Act } from '../session.ts'

const columns: readonly Column[] = [field('KIND', 'kind'), field('NAME', 'name'), field('CHANGE', 'change')]

const put: { readonly [K in Kind]: (console: ConsoleClient, fields: Json) => Promise<Change> } = {
  environments: putEnvironment,
  plans: putPlan,
  apis: putApi,
  clients: putClient,
  subscriptions: putSubscription,
}

const afterHelp = `
A file holds lists of environments, plans, apis, clients and subscriptions, with the fields of the management API:

  environment_id: alpha            # for every entry below that names none
  environments: [{ environment_id: alpha, hosts: ['*'], issuer: { url: 'https://alpha.example', local_users: true } }]
  plans: [{ plan_id: basic, rate_limits: [{ name: minute, requests: 600, period: 1m }] }]
  apis: [{ api_id: orders, upstreams: ['http://127.0.0.1:9000'], openapi: ./orders.openapi.yaml }]
  clients:
    - client_id: shop
      display_name: Shop
      registration:                # for OAuth clients
        token_endpoint_auth_method: client_secret_basic
        grant_types: [client_credentials, authorization_code, refresh_token]
        redirect_uris: ['https://shop.example/callback']
  subscriptions: [{ client_id: shop, api_id: orders, plan_id: basic }]

Applying a file again changes nothing. What no file names is left as it is.`

export function addApply(program: Command, act: Act): void {
  program
    .command('apply')
    .description('makes everything as files describe it, and prints what changed')
    .requiredOption('-f, --file <path>', 'a file in YAML or JSON (repeatable)', collect)
    .addHelpText('after', afterHelp)
    .action(({ file }: { file: readonly string[] }) =>
      act(async ({ console, output }) => {
        const entries = await readEntries(file)
        const done: Json[] = []
        try {
          for (const entry of entries)
            done.push({ kind: entry.kind, name: entry.name, ...(await applied(console, entry)) })
        } finally {
          // What was done is shown even where the next entry was refused: a key comes only once.
          output.list(done, columns)
          for (const { name, api_key_secret, client_secret_text } of done) {
            if (api_key_secret) output.note(`\nkey of ${name}, shown this once: ${api_key_secret}`)
            if (client_secret_text) output.note(`\nsecret of ${name}, shown this once: ${client_secret_text}`)
          }
        }
      }),
    )
}

async function applied(console: ConsoleClient, { kind, fields, place, name }: Entry): Promise<Change> {
  try {
    return await put[kind](console, fields)
  } catch (error) {
    if (error instanceof CliError) throw new CliError(`${place} (${name}): ${error.message}`, { cause: error })
    throw error
  }
}

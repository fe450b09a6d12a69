import { CliError } from '../cli-error.ts'
import type { ConsoleClient } from '../console/client.ts'
import { routes } from '../console/routes.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Change } from './change.ts'

const known = new Set(['environment_id', 'client_id', 'display_name', 'registration'])

/**
 * Registers a client, or brings it to the name and the registration that are described; where none is, it keeps its own.
 * One that is new and proves itself by a secret gets its first.
 * @throws CliError when it is there in another environment: that does not change.
 */
export async function putClient(console: ConsoleClient, fields: Json): Promise<Change> {
  const id = String(fields['client_id'])
  const found = await console.find(routes.client(id))
  if (!found) return created(console, fields)
  const unknown = Object.keys(fields).find((name) => !known.has(name))
  if (unknown) throw new CliError(`${unknown} is not known`)
  const present = recordIn(found, 'client')
  const environment = textIn(present, 'environment_id')
  if (textIn(fields, 'environment_id') !== environment)
    throw new CliError(`environment_id is ${JSON.stringify(environment)} and cannot be changed`)
  const { registration = present['registration'] ?? null, display_name = present['display_name'] } = fields
  const answer = await console.post(routes.clientAction(id, 'change'), { registration, display_name })
  const version = textIn(recordIn(answer, 'client'), 'version')
  if (version === textIn(present, 'version')) return { change: 'unchanged' }
  return { change: 'changed', position: textIn(answer, 'position') }
}

async function created(console: ConsoleClient, fields: Json): Promise<Change> {
  const answer = await console.post(routes.clients, fields)
  const method = textIn(recordIn(recordIn(answer, 'client'), 'registration'), 'token_endpoint_auth_method')
  if (!method.startsWith('client_secret_')) return { change: 'created', position: textIn(answer, 'position') }
  const issued = await console.post(routes.clientSecrets(textIn(recordIn(answer, 'client'), 'client_id')))
  return {
    change: 'created',
    position: textIn(issued, 'position'),
    client_secret_id: textIn(recordIn(issued, 'client_secret'), 'client_secret_id'),
    client_secret_text: textIn(issued, 'client_secret_text'),
  }
}

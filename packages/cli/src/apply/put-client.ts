import { CliError } from '../cli-error.ts'
import type { ConsoleClient } from '../console/client.ts'
import { routes } from '../console/routes.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Change } from './change.ts'

/**
 * Registers a client that is not there.
 * @throws CliError when it is there and differs: a client's environment and name do not change.
 */
export async function putClient(console: ConsoleClient, fields: Json): Promise<Change> {
  const found = await console.find(routes.client(String(fields['client_id'])))
  if (!found) return { change: 'created', position: textIn(await console.post(routes.clients, fields), 'position') }
  const present = recordIn(found, 'client')
  for (const name of ['environment_id', 'display_name'])
    if (fields[name] !== undefined && textIn(fields, name) !== textIn(present, name))
      throw new CliError(`${name} is ${JSON.stringify(textIn(present, name))} and cannot be changed`)
  return { change: 'unchanged' }
}

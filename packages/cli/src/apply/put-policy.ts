import type { ConsoleClient } from '../console/client.ts'
import { routes } from '../console/routes.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Change } from './change.ts'

/** Creates or replaces an environment. */
export function putEnvironment(console: ConsoleClient, { environment_id, ...settings }: Json): Promise<Change> {
  const path = routes.environment(String(environment_id))
  return put(console, path, 'environment', () => console.put(path, settings))
}

export function putPlan(console: ConsoleClient, { environment_id, plan_id, ...settings }: Json): Promise<Change> {
  const path = routes.plan(String(environment_id), String(plan_id))
  return put(console, path, 'plan', () => console.put(path, settings))
}

/** Publishes or replaces an API, with the operations given or those of its OpenAPI document. */
export function putApi(console: ConsoleClient, { environment_id, api_id, ...settings }: Json): Promise<Change> {
  const environment = String(environment_id)
  const id = String(api_id)
  const path = routes.api(environment, id)
  const write = () =>
    settings['document'] === undefined
      ? console.put(path, settings)
      : console.post(routes.openApi(environment, id), settings)
  return put(console, path, 'api', write)
}

/** A write that changes nothing leaves the version as it was. */
async function put(console: ConsoleClient, path: string, member: string, write: () => Promise<Json>): Promise<Change> {
  const before = await console.find(path)
  const answer = await write()
  const position = textIn(answer, 'position')
  if (!before) return { change: 'created', position }
  const versions = [before, answer].map((each) => textIn(recordIn(each, member), 'version'))
  return versions[0] === versions[1] ? { change: 'unchanged' } : { change: 'changed', position }
}

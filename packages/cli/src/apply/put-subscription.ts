import { isDeepStrictEqual } from 'node:util'
import { CliError } from '../cli-error.ts'
import type { ConsoleClient } from '../console/client.ts'
import { routes } from '../console/routes.ts'
import { type Json, recordIn, textIn } from '../record.ts'
import type { Change } from './change.ts'
import { textsIn } from './document.ts'

const states = ['pending', 'active', 'suspended'] as const

/**
 * Brings the subscription of a client to an API to the plan, the entitlement and the state that are described
 * (`active` when none is). It is known by client and API; a cancelled one counts as none.
 */
export async function putSubscription(console: ConsoleClient, { state = 'active', ...fields }: Json): Promise<Change> {
  const wanted = states.find((each) => each === state)
  if (!wanted) throw new CliError(`state must be one of ${states.join(', ')}`)
  const unknown = Object.keys(fields).find((name) => !known.has(name))
  if (unknown) throw new CliError(`${unknown} is not known`)

  const present = await presentOf(console, fields)
  const answers: Json[] = []
  if (!present) answers.push(await console.post(routes.subscriptions, creation(fields)))
  const id = textIn(present ?? recordIn(answers[0] ?? {}, 'subscription'), 'subscription_id')
  if (present && !isDeepStrictEqual(entitlement(present), entitlement(fields)))
    answers.push(await console.post(routes.subscriptionAction(id, 'change'), entitlement(fields)))
  for (const action of actions(textIn(present ?? {}, 'state') || 'pending', wanted))
    answers.push(await console.post(routes.subscriptionAction(id, action)))

  const position = textIn(answers.at(-1) ?? {}, 'position')
  const key = answers.find((answer) => answer['api_key_secret'])
  return {
    change: !present ? 'created' : answers.length > 0 ? 'changed' : 'unchanged',
    ...(position && { position }),
    ...(key && {
      api_key_id: textIn(recordIn(key, 'api_key'), 'api_key_id'),
      api_key_secret: textIn(key, 'api_key_secret'),
    }),
  }
}

const known = new Set(['environment_id', 'client_id', 'api_id', 'plan_id', 'operations', 'scopes'])

async function presentOf(console: ConsoleClient, fields: Json): Promise<Json | undefined> {
  const query = { client_id: textIn(fields, 'client_id'), environment_id: textIn(fields, 'environment_id') }
  const own = await console.list(routes.subscriptions, 'subscriptions', query)
  return own.find((each) => each['api_id'] === fields['api_id'] && each['state'] !== 'cancelled')
}

/** A subscription is made in the environment of its client. */
function creation({ environment_id: _, ...fields }: Json): Json {
  return fields
}

/** Order says nothing in either list. */
function entitlement(item: Json): Json {
  const sorted = (name: string) => [...new Set(textsIn(item, name))].sort()
  return { plan_id: textIn(item, 'plan_id'), operations: sorted('operations'), scopes: sorted('scopes') }
}

/** What leads from one state to another. */
function actions(from: string, to: (typeof states)[number]): readonly string[] {
  if (from === to) return []
  if (to === 'pending') throw new CliError(`the subscription is ${from} and cannot become pending again`)
  const toActive = from === 'pending' ? ['activate'] : from === 'suspended' ? ['resume'] : []
  return to === 'active' ? toActive : from === 'pending' ? ['activate', 'suspend'] : ['suspend']
}

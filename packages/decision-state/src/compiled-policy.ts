import { PolicyTable } from '@gatehouse/policy-engine'
import type { PolicyViews } from '@gatehouse/read-model'

/** The policy of this process, ready for decisions. */
export interface CompiledPolicy {
  table(): PolicyTable
  /** Compiles what changed: the keys of changed views, or `all`. */
  onChanged(views: PolicyViews, changed: readonly string[] | 'all'): void
}

/** @param onProblem told of what cannot be used: its requests are refused until it changes */
export function createCompiledPolicy(onProblem: (key: string, problem: string) => void): CompiledPolicy {
  let table = new PolicyTable()
  return {
    table: () => table,
    onChanged(views, changed) {
      // Compiled apart and swapped in whole: requests meanwhile see the policy as it was.
      const into = changed === 'all' ? new PolicyTable() : table
      for (const key of changed === 'all' ? keysOf(views) : changed) {
        const problem = replace(into, views, key)
        if (problem !== undefined) onProblem(key, problem)
      }
      table = into
    },
  }
}

function* keysOf({ environments, apis, plans, unknown }: PolicyViews): Iterable<string> {
  for (const kind of [environments, apis, plans, unknown]) yield* kind.keys()
}

/** Answers the problem of what cannot be used. */
function replace(into: PolicyTable, views: PolicyViews, key: string): string | undefined {
  const [noun = '', environmentId = '', id = ''] = key.split('/')
  const unknown = views.unknown.get(key)
  switch (noun) {
    case 'environment':
      into.replaceEnvironment(environmentId, views.environments.get(key))
      return unknown?.problem
    case 'plan':
      return into.replacePlan(environmentId, id, views.plans.get(key)) ?? unknown?.problem
    case 'api': {
      // It may well be published, so it is no answer that there is no such API.
      const unusable = unknown && { kind: 'unusable' as const, apiId: id, ...unknown }
      return into.replaceApi(environmentId, id, unusable ?? views.apis.get(key))
    }
    default:
      return undefined
  }
}

import { PolicyTable } from '@gatehouse/policy-engine'
import type { PolicyViews } from '@gatehouse/read-model'

/** The compiled policy of this process. */
export interface Policy {
  table(): PolicyTable
  /** Compiles what changed: the keys of changed views, or `all`. */
  onChanged(views: PolicyViews, changed: readonly string[] | 'all'): void
}

/** @param onProblem told of an API or plan that cannot be used: its requests are refused until it changes */
export function createPolicy(onProblem: (key: string, problem: string) => void): Policy {
  let table = new PolicyTable()

  function replace(into: PolicyTable, views: PolicyViews, key: string): void {
    const [noun = '', environmentId = '', id = ''] = key.split('/')
    if (noun === 'environment') into.replaceEnvironment(environmentId, views.environments.get(key))
    const problem =
      noun === 'api'
        ? into.replaceApi(environmentId, id, views.apis.get(key))
        : noun === 'plan' && into.replacePlan(environmentId, id, views.plans.get(key))
    if (problem) onProblem(key, problem)
  }

  return {
    table: () => table,
    onChanged(views, changed) {
      if (changed !== 'all') {
        for (const key of changed) replace(table, views, key)
        return
      }
      // Compiled apart and swapped in whole: requests meanwhile see the policy as it was.
      const fresh = new PolicyTable()
      for (const kind of [views.environments, views.apis, views.plans])
        for (const key of kind.keys()) replace(fresh, views, key)
      table = fresh
    },
  }
}

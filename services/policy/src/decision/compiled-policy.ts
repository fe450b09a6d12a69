import { PolicyTable } from '@gatehouse/policy-engine'
import type { PolicyViews } from '@gatehouse/read-model'

export interface CompiledPolicy {
  table(): PolicyTable
  /** Compiles what changed: the keys of changed views, or `all`. */
  onChanged(views: PolicyViews, changed: readonly string[] | 'all'): void
}

/** @param onProblem told of an API or plan that cannot be used: what needs it is denied until it changes */
export function compiledPolicy(onProblem: (key: string, problem: string) => void): CompiledPolicy {
  let table = new PolicyTable()

  function replace(into: PolicyTable, views: PolicyViews, key: string): void {
    const [noun, environmentId = '', id = ''] = key.split('/')
    if (noun === 'environment') into.replaceEnvironment(environmentId, views.environments.get(key))
    if (noun === 'api') tell(key, into.replaceApi(environmentId, id, views.apis.get(key)))
    if (noun === 'plan') tell(key, into.replacePlan(environmentId, id, views.plans.get(key)))
  }

  function tell(key: string, problem: string | undefined): void {
    if (problem !== undefined) onProblem(key, problem)
  }

  return {
    table: () => table,
    onChanged(views, changed) {
      if (changed !== 'all') {
        for (const key of changed) replace(table, views, key)
        return
      }
      const fresh = new PolicyTable()
      for (const kind of [views.environments, views.apis, views.plans]) {
        for (const key of kind.keys()) replace(fresh, views, key)
      }
      table = fresh
    },
  }
}

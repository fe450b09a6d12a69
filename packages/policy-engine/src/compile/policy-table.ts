import type { Api } from '@gatehouse/contracts/policy/v1/api'
import type { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type { Plan } from '@gatehouse/contracts/policy/v1/plan'
import type { CompiledRateLimit } from '../limit/rate-limit.ts'
import { compileRateLimit } from '../limit/rate-limit.ts'
import { hostName } from '../match/host.ts'
import { type CompiledApi, compileApi, type UnusableApi } from './compile-api.ts'
import { compileEnforcement, defaultEnforcement, type EffectiveEnforcement, inheritEnforcement } from './enforcement.ts'
import { type CompiledIssuer, compileIssuer } from './token-settings.ts'

/** A plan's limits; undefined when they cannot be compiled, which denies. */
export interface CompiledPlan {
  readonly planId: string
  readonly version: bigint
  readonly rateLimits: readonly CompiledRateLimit[]
}

export interface CompiledEnvironment {
  readonly environmentId: string
  readonly version: bigint
  readonly enforcement: EffectiveEnforcement
  /** Undefined: no authorization server, and no token is taken. */
  readonly issuer: CompiledIssuer | undefined
  readonly apis: ReadonlyMap<string, CompiledApi | UnusableApi>
  readonly plans: ReadonlyMap<string, CompiledPlan>
}

interface Parts {
  readonly apis: Map<string, CompiledApi | UnusableApi>
  readonly plans: Map<string, CompiledPlan>
}

const anyHost = '*'

/**
 * Environments, APIs and plans ready for decisions. Each is replaced by itself, in any order:
 * one API's change compiles only that API. A match made before a change keeps the API and operation it found.
 */
export class PolicyTable {
  readonly #parts = new Map<string, Parts>()
  readonly #environments = new Map<string, CompiledEnvironment>()
  readonly #sources = new Map<string, Environment>()
  #hosts = new Map<string, CompiledEnvironment>()

  /** Every environment there is. */
  environments(): Iterable<CompiledEnvironment> {
    return this.#environments.values()
  }

  /** The environment that a `Host` header (port allowed) leads to. */
  environmentOfHost(host: string): CompiledEnvironment | undefined {
    return this.#hosts.get(host) ?? this.#hosts.get(hostName(host)) ?? this.#hosts.get(anyHost)
  }

  environment(environmentId: string): CompiledEnvironment | undefined {
    return this.#environments.get(environmentId)
  }

  /** Puts an environment, or takes it away with undefined; its APIs and plans stay for when it comes back. */
  replaceEnvironment(environmentId: string, environment: Environment | undefined): void {
    if (environment) {
      this.#sources.set(environmentId, environment)
      this.#environments.set(environmentId, {
        environmentId,
        version: environment.version,
        enforcement: inheritEnforcement(compileEnforcement(environment.enforcement), defaultEnforcement),
        issuer: compileIssuer(environment.issuer),
        ...this.#partsOf(environmentId),
      })
    } else {
      this.#sources.delete(environmentId)
      this.#environments.delete(environmentId)
    }
    this.#hosts = this.#compileHosts()
  }

  /**
   * Puts an API, also one whose source cannot even be read, or takes it away with undefined. Answers the problem of one
   * that cannot be used.
   */
  replaceApi(environmentId: string, apiId: string, api: Api | UnusableApi | undefined): string | undefined {
    const { apis } = this.#partsOf(environmentId)
    const compiled = api && ('kind' in api ? api : compileApi(api))
    if (!compiled) {
      apis.delete(apiId)
      return undefined
    }
    apis.set(apiId, compiled)
    return compiled.kind === 'unusable' ? compiled.problem : undefined
  }

  /** Puts a plan, or takes it away with undefined. Answers the problem of one that cannot be used: it then is unknown. */
  replacePlan(environmentId: string, planId: string, plan: Plan | undefined): string | undefined {
    const { plans } = this.#partsOf(environmentId)
    const compiled = plan && compilePlan(plan)
    if (typeof compiled === 'object') plans.set(planId, compiled)
    else plans.delete(planId)
    return typeof compiled === 'string' ? compiled : undefined
  }

  #partsOf(environmentId: string): Parts {
    let parts = this.#parts.get(environmentId)
    if (!parts) {
      parts = { apis: new Map(), plans: new Map() }
      this.#parts.set(environmentId, parts)
    }
    return parts
  }

  #compileHosts(): Map<string, CompiledEnvironment> {
    const hosts = new Map<string, CompiledEnvironment>()
    for (const [environmentId, { hosts: names }] of this.#sources) {
      const environment = this.#environments.get(environmentId)
      for (const name of names) if (environment) hosts.set(name === anyHost ? name : hostName(name), environment)
    }
    return hosts
  }
}

function compilePlan({ planId, version, rateLimits }: Plan): CompiledPlan | string {
  const compiled: CompiledRateLimit[] = []
  for (const [index, limit] of rateLimits.entries()) {
    const one = compileRateLimit(limit)
    if (typeof one === 'string') return `rate_limits[${index}].${one}`
    compiled.push(one)
  }
  return { planId, version, rateLimits: compiled }
}

/** Compiles a whole policy at once. */
export function compilePolicy(policy: {
  readonly environments: readonly Environment[]
  readonly apis: readonly Api[]
  readonly plans: readonly Plan[]
}): PolicyTable {
  const table = new PolicyTable()
  for (const environment of policy.environments) table.replaceEnvironment(environment.environmentId, environment)
  for (const api of policy.apis) table.replaceApi(api.environmentId, api.apiId, api)
  for (const plan of policy.plans) table.replacePlan(plan.environmentId, plan.planId, plan)
  return table
}

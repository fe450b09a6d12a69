import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { Refused } from '../refused.ts'

/** RFC 8707 section 2 and RFC 8693 section 2.1: these may come more than once. */
const repeatable: ReadonlySet<string> = new Set(['resource', 'audience'])

/** The parameters of a request. One without a value counts as left out (RFC 6749 section 3.2). */
export class Parameters {
  readonly #values = new Map<string, readonly string[]>()

  /** @throws Refused `parameter_repeated` */
  constructor(parameters: readonly Parameter[]) {
    for (const { name, value } of parameters) {
      if (value === '') continue
      const before = this.#values.get(name)
      if (before && !repeatable.has(name)) throw new Refused('parameter_repeated')
      this.#values.set(name, before ? [...before, value] : [value])
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0]
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** @throws Refused `parameter_missing` */
  require(name: string): string {
    const value = this.get(name)
    if (value === undefined) throw new Refused('parameter_missing')
    return value
  }
}

import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'

/** Parameters of a request by name. One without a value counts as left out (RFC 6749 section 3.1). */
export interface Parameters {
  /** The first value. */
  get(name: string): string | undefined
  /** Names that stand more than once. */
  readonly repeated: ReadonlySet<string>
}

export function readParameters(list: readonly Parameter[]): Parameters {
  const values = new Map<string, string>()
  const repeated = new Set<string>()
  for (const { name, value } of list) {
    if (values.has(name)) repeated.add(name)
    else values.set(name, value)
  }
  return { get: (name) => values.get(name) || undefined, repeated }
}

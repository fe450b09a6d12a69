import { type FieldViolation, invalidArgument } from '@gatehouse/errors'

/** Collects all that is wrong with a request, so that it is told at once. */
export class Violations {
  readonly list: FieldViolation[] = []

  add(field: string, description: string): void {
    this.list.push({ field, description })
  }

  /** Adds the description unless the condition holds. */
  require(condition: boolean, field: string, description: string): void {
    if (!condition) this.add(field, description)
  }

  /** Every text must be unlike those before it. */
  requireUnique(texts: readonly string[], field: (index: number) => string): void {
    const first = new Map<string, number>()
    for (const [index, text] of texts.entries()) {
      const earlier = first.get(text)
      if (earlier === undefined) first.set(text, index)
      else this.add(field(index), `must not repeat ${field(earlier)}`)
    }
  }

  /** @throws GatehouseError INVALID_ARGUMENT naming every field that is wrong */
  throwIfAny(): void {
    if (this.list.length > 0) throw invalidArgument(this.list)
  }
}

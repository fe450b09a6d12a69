import { type FieldViolation, invalidArgument } from '@gatehouse/errors'

/** A value in the document, with the JSON pointer (RFC 6901) that leads to it. */
export interface Place {
  readonly value: unknown
  readonly pointer: string
}

export function root(value: unknown): Place {
  return { value, pointer: '' }
}

/** The place below; its value is undefined when there is none. */
export function child(place: Place, key: string | number): Place {
  const { value } = place
  const found = isObject(value) || Array.isArray(value) ? ownValue(value, String(key)) : undefined
  return { value: found, pointer: `${place.pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}` }
}

/** The places below an object, by key; none for everything else. */
export function entries(place: Place): readonly (readonly [string, Place])[] {
  return isObject(place.value) ? Object.keys(place.value).map((key) => [key, child(place, key)] as const) : []
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownValue(container: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(container, key)?.value
}

/** Collects what is wrong with a document, each with its place. */
export class Problems {
  readonly #violations: FieldViolation[] = []

  add(place: Place, description: string): void {
    this.#violations.push({ field: fieldOf(place), description })
  }

  addViolation(violation: FieldViolation): void {
    this.#violations.push(violation)
  }

  get found(): boolean {
    return this.#violations.length > 0
  }

  /** @throws GatehouseError INVALID_ARGUMENT */
  throwIfAny(): void {
    if (this.found) throw invalidArgument(this.#violations)
  }
}

/** `document#/paths/~1orders/get`. */
export function fieldOf({ pointer }: Place): string {
  return pointer === '' ? 'document' : `document#${pointer}`
}

import { GatehouseError } from '@gatehouse/errors'
import { expect } from 'vitest'

/** The fields that are refused, all with INVALID_ARGUMENT. */
export function fieldsOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error
    expect(error.status).toBe('INVALID_ARGUMENT')
    return error.violations.map(({ field }) => field)
  }
  return []
}

import type { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'

const columns = [
  ['environment_id', 'environmentId'],
  ['api_id', 'apiId'],
  ['operation_id', 'operationId'],
  ['client_id', 'clientId'],
  ['credential_id', 'credentialId'],
  ['reason', 'reason'],
  ['request_id', 'requestId'],
] as const satisfies readonly (readonly [string, keyof DecisionFilter])[]

/** Conditions of a query and the values of their parameters, numbered from $1. */
export class Where {
  readonly conditions: string[]
  readonly values: unknown[]

  constructor(conditions: readonly string[] = [], values: readonly unknown[] = []) {
    this.conditions = [...conditions]
    this.values = [...values]
  }

  /** `and('position > ?', [12n])`: each `?` becomes the next parameter. */
  and(condition: string, values: readonly unknown[]): this {
    let at = this.values.length
    this.conditions.push(condition.replaceAll('?', () => `$${++at}`))
    this.values.push(...values)
    return this
  }

  /** The same with one more; this stays as it is. */
  with(condition: string, values: readonly unknown[]): Where {
    return new Where(this.conditions, this.values).and(condition, values)
  }

  get sql(): string {
    return this.conditions.length === 0 ? '' : `WHERE ${this.conditions.join(' AND ')}`
  }
}

/** Every field that is set must match; the start is inside, the end is not. */
export function whereFilter(filter: DecisionFilter | undefined): Where {
  const where = new Where()
  if (!filter) return where
  for (const [column, field] of columns) {
    if (filter[field]) where.and(`${column} = ?`, [filter[field].replaceAll('\0', '\ufffd')])
  }
  if (filter.allowed !== undefined) where.and('allowed = ?', [filter.allowed])
  if (filter.startTime) where.and('time >= ?', [filter.startTime])
  if (filter.endTime) where.and('time < ?', [filter.endTime])
  return where
}

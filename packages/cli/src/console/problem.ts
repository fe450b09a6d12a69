import { CliError } from '../cli-error.ts'
import { isRecord } from '../record.ts'

interface FieldError {
  readonly field: string
  readonly description: string
}

/** An answer of the console that is not 2xx (RFC 9457 problem+json, with the fields that are wrong). */
export class ConsoleProblem extends CliError {
  override readonly name = 'ConsoleProblem'
  readonly status: number
  /** Stable, as `code` in the body; empty when the answer was no problem+json. */
  readonly code: string
  readonly fields: readonly FieldError[]

  constructor(status: number, body: unknown) {
    const problem = isRecord(body) ? body : {}
    const fields = fieldErrors(problem['errors'])
    const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : '')
    const detail = text('detail') || text('title') || `the console answered ${status}`
    const hint = status === 401 ? ' (is the operator token the one of this console?)' : ''
    // With fields the detail says the same in one line.
    const lines = fields.map(({ field, description }) => `  ${field}: ${description}`)
    super(fields.length > 0 ? ['the console refused these fields:', ...lines].join('\n') : `${detail}${hint}`)
    this.status = status
    this.code = text('code')
    this.fields = fields
  }
}

function fieldErrors(errors: unknown): FieldError[] {
  if (!Array.isArray(errors)) return []
  return errors.filter(isRecord).map((error) => ({
    field: String(error['field'] ?? ''),
    description: String(error['detail'] ?? 'is wrong'),
  }))
}

/** A setting is missing or wrong, or what it names cannot be had. `runMain` prints its message as one line. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  /** All that is wrong, each for itself. */
  readonly problems: readonly string[]

  constructor(...problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

/** The address cannot be had: in use, not of this machine, not allowed. */
export function cannotListen(address: string, error: Error): ConfigurationError {
  if (error.message.includes('EADDRINUSE')) return new ConfigurationError(`${address} is in use`)
  return new ConfigurationError(`cannot listen on ${address}: ${error.message}`)
}

/** For the `catch` of what first speaks to Postgres. */
export function cannotUsePostgres(error: NodeJS.ErrnoException): never {
  // Of several refused addresses the driver makes an error without a message.
  const why = error.message || error.code || error.name
  throw new ConfigurationError(`GATEHOUSE_POSTGRES_URL names no Postgres that can be used: ${why}`)
}

/** How one environment variable is read; `read` throws an Error that says what is expected. */
export interface Variable<Value> {
  readonly name: string
  read(text: string | undefined): Value
}

/** What readEnv answers for a table of variables. */
export type Settings<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Variable<infer Value> ? Value : never
}

/**
 * Reads a table of variables: `readEnv({ opsPort: port('GATEHOUSE_AUDIT_OPS_PORT', 9104) })`. An empty variable
 * counts as absent. Throws one ConfigurationError that names every variable that is wrong.
 */
export function readEnv<Table extends Record<string, Variable<unknown>>>(
  table: Table,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Settings<Table> {
  const wrong: string[] = []
  const entries = Object.entries(table).map(([key, variable]) => {
    try {
      return [key, variable.read(environment[variable.name]?.trim() || undefined)]
    } catch (error) {
      wrong.push(`${variable.name} ${error instanceof Error ? error.message : String(error)}`)
      return [key, undefined]
    }
  })
  if (wrong.length > 0) throw new ConfigurationError(...wrong)
  return Object.fromEntries(entries)
}

/** A text; without a default it is required. */
export function text(name: string, options: { default?: string; pattern?: RegExp; expected?: string } = {}) {
  return variable(name, options.default, (value) => {
    if (options.pattern && !options.pattern.test(value))
      throw new Error(`must be ${options.expected ?? options.pattern}`)
    return value
  })
}

/** A text that may be absent. */
export function optionalText(name: string): Variable<string | undefined> {
  return { name, read: (value) => value }
}

/** A whole number between `min` (0) and `max`. */
export function integer(name: string, options: { default?: number; min?: number; max?: number } = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options
  return variable(name, options.default, (value) => {
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max)) throw new Error(`must be a whole number from ${min} to ${max}`)
    return number
  })
}

/** A TCP port; 0 takes any free one. */
export function port(name: string, fallback: number): Variable<number> {
  return integer(name, { default: fallback, max: 65_535 })
}

/** `host:port`, IPv6 in brackets. */
export function address(name: string, fallback?: string): Variable<string> {
  const pattern = /^([A-Za-z0-9_.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/
  return text(name, { pattern, expected: 'host:port', ...(fallback !== undefined && { default: fallback }) })
}

/** `true` or `false`. */
export function flag(name: string, fallback: boolean): Variable<boolean> {
  return variable(name, fallback, (value) => {
    if (value !== 'true' && value !== 'false') throw new Error('must be true or false')
    return value === 'true'
  })
}

/** Values separated by commas; empty when absent. */
export function list(name: string): Variable<readonly string[]> {
  return variable<readonly string[]>(name, [], (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
}

function variable<Value>(name: string, fallback: Value | undefined, parse: (value: string) => Value): Variable<Value> {
  return {
    name,
    read(value) {
      if (value !== undefined) return parse(value)
      if (fallback === undefined) throw new Error('is required')
      return fallback
    },
  }
}

import { type DestinationStream, type Logger, pino } from 'pino'
import { readEnv, text } from './environment.ts'

export type { Logger }

const secretField =
  /"((?:proxy-)?authorization|cookie|set-cookie|x-api-key|apikey|api_?key_?secret|client_?secret|operator_?token|password|secret)":("(?:[^"\\]|\\.)*"|\[(?:"(?:[^"\\]|\\.)*"|[^\]"])*\])/gi
const secretText = /\b(?:gh[a-z]?_[A-Za-z0-9_-]{8,}|(?:Bearer|Basic|ApiKey) +[A-Za-z0-9._~+/=-]{4,})/g

/** Takes out of a line of JSON what names or looks like a secret: at any depth, in fields, messages and error texts. */
export function redact(line: string): string {
  return line.replace(secretField, '"$1":"[redacted]"').replace(secretText, '[redacted]')
}

/** What JSON leaves as it is, and a terminal or a viewer acts on: DEL and C1, line separators, marks of direction. */
const unseen = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

function escapeUnseen(line: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return line.replace(unseen, (text) => text.split('').map(escaped).join(''))
}

const variables = {
  level: text('GATEHOUSE_LOG_LEVEL', {
    default: 'info',
    pattern: /^(trace|debug|info|warn|error|fatal|silent)$/,
    expected: 'trace, debug, info, warn, error, fatal or silent',
  }),
}

/** What an error says of itself, without the objects that drivers hang on it: a whole client, its settings, its keys. */
function errorFields(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const code = 'code' in error ? String(error.code) : undefined
  return { type: name, message, code, stack, ...(cause !== undefined && { cause: errorFields(cause) }) }
}

/**
 * A JSON logger of a service on standard output (level: `GATEHOUSE_LOG_LEVEL`, default info). Every line passes
 * `redact` as text, after serialisation: a list of field paths would miss a secret inside an error message. What a
 * terminal would act on is escaped.
 * @throws ConfigurationError for a level that there is not
 */
export function createLogger(name: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level: readEnv(variables).level,
    base: { service: name },
    hooks: { streamWrite: (line: string) => escapeUnseen(redact(line)) },
    serializers: { err: errorFields },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  return destination ? pino(options, destination) : pino(options)
}

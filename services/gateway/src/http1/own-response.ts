import { STATUS_CODES } from 'node:http'
import type { OwnResponse } from './exchange.ts'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Latin1 without controls: a character above U+00FF would be cut to its low byte, which may be CR or LF. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const FRAMING = new Set(['connection', 'content-length', 'transfer-encoding', 'host', 'upgrade', 'trailer', 'te'])

const NAMES_MAX = 1000
const goodNames = new Set<string>()

/**
 * `name: value` with CRLF.
 * @throws TypeError for a name or value that HTTP cannot carry, and for a name that frames the message
 */
export function headerLine(name: string, value: string): string {
  if (!goodNames.has(name)) {
    if (!NAME.test(name)) throw new TypeError('header name is not a token')
    if (FRAMING.has(name.toLowerCase())) throw new TypeError(`header ${name} is set by the connection alone`)
    if (goodNames.size < NAMES_MAX) goodNames.add(name)
  }
  if (!VALUE.test(value)) throw new TypeError(`value of header ${name} has characters that HTTP cannot carry`)
  return `${name}: ${value}\r\n`
}

/** Lines of a flat list: name, value, name, value … @throws TypeError as `headerLine` */
export function headerLines(flat: readonly string[]): string {
  let lines = ''
  for (let at = 0; at + 1 < flat.length; at += 2) lines += headerLine(flat[at] ?? '', flat[at + 1] ?? '')
  return lines
}

/** `HTTP/1.1 404 Not Found` with CRLF. */
export function statusLine(status: number): string {
  return statusLines[status] ?? `HTTP/1.1 ${status} \r\n`
}

const statusLines: readonly (string | undefined)[] = Array.from({ length: 600 }, (_, status) =>
  STATUS_CODES[status] === undefined ? undefined : `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`,
)

let date = ''
let dateUntilMs = 0

/** The `Date` line, made once a second (RFC 9110 section 6.6.1). */
export function dateLine(): string {
  const now = Date.now()
  if (now >= dateUntilMs || now < dateUntilMs - 1000) {
    dateUntilMs = now - (now % 1000) + 1000
    date = `Date: ${new Date(now).toUTCString()}\r\n`
  }
  return date
}

/** RFC 9110 section 6.4.1: these never have a body. */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 304 || status < 200
}

/** Head and body of an own response. @throws TypeError as `headerLine` */
export function ownResponse(response: OwnResponse, close: boolean): { head: string; body: Uint8Array } {
  const { status, headers } = response
  let lines = statusLine(status) + dateLine()
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value === 'string') lines += headerLine(name, value)
    else for (const one of value ?? []) lines += headerLine(name, one)
  }
  const body = typeof response.body === 'string' ? Buffer.from(response.body) : (response.body ?? EMPTY)
  if (!isBodiless(status)) lines += `Content-Length: ${body.length}\r\n`
  if (close) lines += 'Connection: close\r\n'
  return { head: `${lines}\r\n`, body: isBodiless(status) ? EMPTY : body }
}

const EMPTY = new Uint8Array(0)

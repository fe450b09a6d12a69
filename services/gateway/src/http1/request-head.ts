import type { Refusal, RefusalReason } from './exchange.ts'
import { foldedHash, sameFolded, sameName } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import type { MessageParser } from './llhttp.ts'

const STATUS: Readonly<Record<RefusalReason, number>> = {
  malformed: 400,
  head_too_large: 431,
  target_too_long: 414,
  too_many_headers: 431,
  head_timeout: 408,
  version_not_supported: 505,
  target_invalid: 400,
  host_missing: 400,
  host_repeated: 400,
  host_invalid: 400,
  host_differs_from_target: 400,
  content_length_invalid: 400,
  transfer_encoding_invalid: 400,
  framing_ambiguous: 400,
  framing_header_misspelt: 400,
  connect_not_supported: 501,
  upgrade_not_supported: 501,
  expectation_failed: 417,
}

/** @param detail for the record; must contain nothing of the request */
export function refusal(reason: RefusalReason, detail: string): Refusal {
  return { reason, status: STATUS[reason], detail }
}

/** Why the parser gave up on a head. */
export function parserRefusal(parser: MessageParser): Refusal {
  if (parser.tooManyHeaders) return refusal('too_many_headers', parser.error)
  const version = parser.error === 'INVALID_VERSION: Invalid HTTP version'
  return refusal(version ? 'version_not_supported' : 'malformed', parser.error)
}

/** RFC 9112: one way to frame a body, one host, nothing for two readers to read in two ways. */
export class RequestHead {
  method = ''
  target = ''
  host = ''
  httpVersion: '1.0' | '1.1' = '1.1'
  /** Bytes; `undefined` when chunked. */
  bodyLength: number | undefined = 0
  expectsContinue = false
  /** The client asked for this to be the last request. */
  close = false
  /** Names that `Connection` declares hop-by-hop, lower case; `undefined` for none. */
  connectionNames: string[] | undefined
}

type Applied = RefusalReason | undefined
interface Framing {
  readonly head: RequestHead
  hosts: number
  lengths: number
  codings: number
}

const APPLY: Readonly<Record<string, (framing: Framing, value: string) => Applied>> = {
  host: (framing, value) => {
    framing.head.host = value
    return framing.hosts++ > 0 ? 'host_repeated' : undefined
  },
  'content-length': (framing, value) => {
    framing.head.bodyLength = contentLength(value)
    if (framing.lengths++ > 0 || framing.head.bodyLength === undefined) return 'content_length_invalid'
    return undefined
  },
  'transfer-encoding': (framing, value) => {
    // RFC 9112 section 6.1: we understand no other coding, so there is none to come before the final one.
    return framing.codings++ > 0 || value.toLowerCase() !== 'chunked' ? 'transfer_encoding_invalid' : undefined
  },
  connection: (framing, value) => {
    return readConnection(framing.head, value)
  },
  upgrade: () => 'upgrade_not_supported',
  expect: (framing, value) => {
    if (value.toLowerCase() !== '100-continue') return 'expectation_failed'
    framing.head.expectsContinue = true
    return undefined
  },
}

const KINDS = new Map(Object.entries(APPLY).map(([name, apply]) => [foldedHash(name, 0, name.length), { name, apply }]))

/**
 * Reads what a whole head says of its message.
 * @returns why it is refused, or `undefined`: then `head` is filled
 */
export function readRequestHead(parser: MessageParser, targetBytesMax: number, head: RequestHead): Refusal | undefined {
  const reason = readRequestLine(parser, targetBytesMax, head) ?? readFraming(parser.table, head)
  return reason === undefined ? undefined : refusal(reason, 'head')
}

const METHOD = /^[A-Z-]+$/
const TARGET = /^(?:\/[!"$-~]*|\*)$/
const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i
const VISIBLE = /^[!"$-~]+$/

function readRequestLine(parser: MessageParser, targetBytesMax: number, head: RequestHead): Applied {
  const { text } = parser.table
  const { targetStart, targetEnd } = parser
  // RFC 9112 section 2.2: one empty line before the request is forgiven.
  head.method = text.slice(text.startsWith('\r\n') ? 2 : 0, targetStart - 1)
  head.target = text.slice(targetStart, targetEnd)
  const version = text.slice(targetEnd, targetEnd + 11)
  if (version !== ' HTTP/1.1\r\n' && version !== ' HTTP/1.0\r\n') return 'malformed'
  if (!METHOD.test(head.method)) return 'malformed'
  head.httpVersion = version === ' HTTP/1.1\r\n' ? '1.1' : '1.0'
  if (head.method === 'CONNECT') return 'connect_not_supported'
  if (targetEnd - targetStart > targetBytesMax) return 'target_too_long'
  return undefined
}

function readFraming(table: HeaderTable, head: RequestHead): Applied {
  head.bodyLength = 0
  head.expectsContinue = false
  head.close = head.httpVersion === '1.0'
  head.connectionNames = undefined
  const framing: Framing = { head, hosts: 0, lengths: 0, codings: 0 }
  for (let index = 0; index < table.count; index++) {
    const kind = KINDS.get(table.hash(index))
    if (kind === undefined) continue
    const start = table.nameStart(index)
    const end = table.nameEnd(index)
    if (!sameFolded(table.text, start, end, kind.name)) continue
    // `Content_Length` is another header to us, and the same one to an upstream that folds `_` (WSGI, CGI).
    if (!sameName(table.text, start, end, kind.name)) return 'framing_header_misspelt'
    const refused = kind.apply(framing, table.value(index))
    if (refused !== undefined) return refused
  }
  return readBodyLength(framing) ?? readHost(framing)
}

function readBodyLength({ head, lengths, codings }: Framing): Applied {
  if (codings === 0) return undefined
  if (lengths > 0) return 'framing_ambiguous'
  // RFC 9112 section 6.1: treat the framing as faulty, whatever it says.
  if (head.httpVersion === '1.0') return 'framing_ambiguous'
  head.bodyLength = undefined
  return undefined
}

const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/

function readHost({ head, hosts }: Framing): Applied {
  if (hosts === 0) return 'host_missing'
  if (!HOST.test(head.host)) return 'host_invalid'
  if (head.target.charCodeAt(0) === 0x2f) return TARGET.test(head.target) ? undefined : 'target_invalid'
  if (head.target === '*') return head.method === 'OPTIONS' ? undefined : 'target_invalid'
  const absolute = VISIBLE.test(head.target) ? ABSOLUTE.exec(head.target) : null
  if (absolute === null) return 'target_invalid'
  if (absolute[1]?.toLowerCase() !== head.host.toLowerCase()) return 'host_differs_from_target'
  const rest = absolute[2] ?? ''
  head.target = rest.startsWith('/') ? rest : `/${rest}`
  return undefined
}

/** Nobody needs more; each is looked for among all headers. */
const CONNECTION_OPTIONS_MAX = 32

function readConnection(head: RequestHead, value: string): Applied {
  if (value === 'keep-alive') return undefined
  const names = head.connectionNames ?? []
  for (const option of value.toLowerCase().split(',', CONNECTION_OPTIONS_MAX + 1)) {
    const name = option.trim()
    if (name === 'close') head.close = true
    else if (name !== '' && name !== 'keep-alive') names.push(name)
  }
  if (names.length > CONNECTION_OPTIONS_MAX) return 'too_many_headers'
  if (names.length > 0) head.connectionNames = names
  return undefined
}

const DECIMAL = /^(?:0|[1-9][0-9]{0,14})$/

/** RFC 9110 section 8.6 without its tolerance: no sign, no list, no leading zero, below 10^15. */
export function contentLength(value: string): number | undefined {
  return DECIMAL.test(value) ? Number(value) : undefined
}

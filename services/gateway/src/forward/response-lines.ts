import { repeated } from '../http1/exchange.ts'
import { sameFolded } from '../http1/header-name.ts'
import type { HeaderTable } from '../http1/header-table.ts'
import type { MessageParser } from '../http1/llhttp.ts'
import { headerLines, isBodiless } from '../http1/own-response.ts'
import { contentLength } from '../http1/request-head.ts'
import { nameSet } from './name-set.ts'
import { hopByHop } from './request-lines.ts'

/** How the upstream framed its response. */
export interface ResponseFraming {
  /** Bytes to read; `undefined` for chunks; Infinity until the connection ends. */
  readonly length: number | undefined
  /** The `Content-Length` that it announced, also where no body follows. */
  readonly announced: number | undefined
  readonly keepAlive: boolean
}

/**
 * RFC 9112 section 6.3, strictly: a response that two readers could end at different places is refused.
 * @returns `undefined` when the framing is ambiguous or unknown
 */
export function responseFraming(parser: MessageParser, method: string): ResponseFraming | undefined {
  const { table, status } = parser
  const http11 = table.text.startsWith('HTTP/1.1 ')
  if ((!http11 && !table.text.startsWith('HTTP/1.0 ')) || status < 200 || status > 599) return undefined
  const lengths = table.find('content-length')
  const coding = table.find('transfer-encoding')
  const announced = typeof lengths === 'string' ? contentLength(lengths) : undefined
  if (lengths !== undefined && announced === undefined) return undefined
  if (coding !== undefined) {
    const chunked = typeof coding === 'string' && coding.toLowerCase() === 'chunked'
    if (!chunked || lengths !== undefined || !http11) return undefined
  }
  const keepAlive = http11 && !closes(table)
  if (method === 'HEAD' || isBodiless(status)) return { length: 0, announced, keepAlive }
  if (coding !== undefined) return { length: undefined, announced, keepAlive }
  return { length: announced ?? Number.POSITIVE_INFINITY, announced, keepAlive: keepAlive && announced !== undefined }
}

function closes(table: HeaderTable): boolean {
  const connection = table.find('connection')
  if (connection === undefined || connection === 'keep-alive') return false
  return table.findAll('connection').some((value) => /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value))
}

const neverReturned = nameSet(hopByHop)

/** The upstream's header lines for the client, and ours in the place of its own of the same names. */
export function responseLines(table: HeaderTable, add: readonly string[] | undefined): string {
  const named = connectionNames(table)
  const lines = table.lines((index) => {
    if (neverReturned.has(table, index) || named?.has(table, index)) return false
    return add === undefined || !replaces(add, table, index)
  })
  return add === undefined ? lines : lines + headerLines(add)
}

function connectionNames(table: HeaderTable) {
  const connection = table.find('connection')
  if (connection === undefined || (connection !== repeated && /^(?:keep-alive|close)$/i.test(connection)))
    return undefined
  const names = table.findAll('connection').join(',').split(',')
  return nameSet(names.map((name) => name.trim()))
}

function replaces(add: readonly string[], table: HeaderTable, index: number): boolean {
  for (let at = 0; at < add.length; at += 2) {
    const name = add[at] ?? ''
    if (name.length !== table.nameEnd(index) - table.nameStart(index)) continue
    if (sameFolded(table.text, table.nameStart(index), table.nameEnd(index), name.toLowerCase())) return true
  }
  return false
}

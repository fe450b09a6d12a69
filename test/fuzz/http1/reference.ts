import { HTTPParser } from 'node:_http_common'
import constants from 'undici/lib/llhttp/constants.js'

/** llhttp's own numbers of methods, which Node's list of names has gaps in. */
const methods = new Map(Object.entries(constants.METHODS).map(([name, number]) => [number, name]))

export interface ReferenceMessage {
  readonly method: string
  readonly target: string
  body: string
  complete: boolean
}

export interface Reference {
  readonly messages: readonly ReferenceMessage[]
  readonly failed: boolean
}

/** How Node's own parser, at its strictest, cuts bytes into requests. */
export function readByNode(text: string): Reference {
  const messages: ReferenceMessage[] = []
  const parser = new HTTPParser()
  parser.initialize(HTTPParser.REQUEST, {}, 0, 0)
  let early = ''
  parser[HTTPParser.kOnHeaders] = (_headers: string[], url: string) => {
    early += url
  }
  parser[HTTPParser.kOnHeadersComplete] = (_major, _minor, _headers, method: number, url: string | undefined) => {
    messages.push({ method: methods.get(method) ?? '', target: early + (url ?? ''), body: '', complete: false })
    early = ''
    return 0
  }
  parser[HTTPParser.kOnBody] = (piece: Buffer) => {
    const last = messages.at(-1)
    if (last) last.body += piece.toString('latin1')
  }
  parser[HTTPParser.kOnMessageComplete] = () => {
    const last = messages.at(-1)
    if (last) last.complete = true
  }
  const failed = typeof parser.execute(Buffer.from(text, 'latin1')) !== 'number'
  parser.free()
  return { messages, failed }
}

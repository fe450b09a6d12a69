import { randomUUID } from 'node:crypto'
import { CliError } from '../cli-error.ts'
import { linesOf } from '../lines.ts'
import { isRecord, type Json, recordsIn, textIn } from '../record.ts'
import { ConsoleProblem } from './problem.ts'
import type { ConsoleSettings } from './settings.ts'

const requestMsMax = 30_000
const pageSize = 500
/** The same write is sent again with the same Idempotency-Key, so it is done once. */
const attempts = 3

export type Query = { readonly [name: string]: string | number | boolean | undefined }

/** The management REST of the console. Every method throws CliError, ConsoleProblem for an answer that is not 2xx. */
export interface ConsoleClient {
  get(path: string, query?: Query): Promise<Json>
  /** Undefined when there is none (404). */
  find(path: string): Promise<Json | undefined>
  post(path: string, body?: Json): Promise<Json>
  put(path: string, body: Json): Promise<Json>
  delete(path: string): Promise<Json>
  /** The items of all pages, up to a number of them: `member` names their list. */
  list(path: string, member: string, query?: Query, limit?: number): Promise<readonly Json[]>
  /** The JSON lines of an answer that goes on; ends when the signal aborts. */
  follow(path: string, query: Query): AsyncGenerator<Json>
  /** The bytes of an answer, however long it takes. */
  download(path: string): AsyncGenerator<Uint8Array>
}

export function consoleClient({ url, token }: ConsoleSettings, signal: AbortSignal): ConsoleClient {
  const open = async (method: string, path: string, query: Query, init: RequestInit): Promise<Response> => {
    const target = new URL(`${url}${path}`)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value))
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', ...init.headers }
    try {
      const response = await fetch(target, { ...init, method, headers, redirect: 'error' })
      if (response.ok) return response
      throw new ConsoleProblem(response.status, await response.json().catch(() => undefined))
    } catch (error) {
      if (error instanceof ConsoleProblem || signal.aborted) throw error
      throw new CliError(`no answer from the console at ${url}: ${reasonOf(error)}`, { cause: error })
    }
  }
  const request = async (method: string, path: string, query: Query = {}, body?: Json): Promise<Json> => {
    const timed = AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)])
    const idempotency = method === 'GET' ? {} : { 'idempotency-key': randomUUID() }
    const content = body && { body: JSON.stringify(body) }
    const headers = { ...idempotency, ...(content && { 'content-type': 'application/json' }) }
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await open(method, path, query, { ...content, headers, signal: timed })
        return jsonOf(await response.text(), path)
      } catch (error) {
        const again = error instanceof ConsoleProblem && error.status === 503 && attempt < attempts && !timed.aborted
        if (!again) throw error
        await new Promise((resolve) => setTimeout(resolve, 200 * attempt))
      }
    }
  }
  return {
    get: (path, query) => request('GET', path, query),
    find: (path) => request('GET', path).catch(undefinedWhenMissing),
    post: (path, body) => request('POST', path, {}, body ?? {}),
    put: (path, body) => request('PUT', path, {}, body),
    delete: (path) => request('DELETE', path),
    async list(path, member, query = {}, limit = Number.POSITIVE_INFINITY) {
      const items: Json[] = []
      let pageToken: string | undefined
      do {
        const asked = Math.min(limit - items.length, pageSize)
        const page = await request('GET', path, { ...query, page_size: asked, page_token: pageToken })
        items.push(...recordsIn(page, member).slice(0, asked))
        pageToken = textIn(page, 'next_page_token') || undefined
      } while (pageToken && items.length < limit)
      return items
    },
    async *follow(path, query) {
      try {
        const response = await open('GET', path, query, { headers: { accept: 'application/x-ndjson' }, signal })
        for await (const line of linesOf(response.body ?? new ReadableStream()))
          if (line.length > 0) yield jsonOf(Buffer.from(line).toString(), path)
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof CliError) throw error
        throw new CliError(`the console at ${url} broke the stream off: ${reasonOf(error)}`, { cause: error })
      }
      throw new CliError(`the console at ${url} ended the stream`)
    },
    async *download(path) {
      try {
        const { body } = await open('GET', path, {}, { signal })
        yield* body ?? []
      } catch (error) {
        if (signal.aborted || error instanceof CliError) throw error
        throw new CliError(`the console at ${url} broke off: ${reasonOf(error)}`, { cause: error })
      }
    },
  }
}

function undefinedWhenMissing(error: unknown): undefined {
  if (error instanceof ConsoleProblem && error.status === 404) return undefined
  throw error
}

function jsonOf(text: string, path: string): Json {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (isRecord(value)) return value
  } catch {}
  throw new CliError(`the answer to ${path} is not a JSON object: is this the console?`)
}

/** fetch hides why it failed in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `none within ${requestMsMax / 1000} s`
  const { cause } = error
  return cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : error.message
}

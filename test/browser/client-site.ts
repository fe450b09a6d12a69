import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { waitFor } from '@gatehouse/testkit'

/** What a browser brought to the callback of a client. */
export interface Arrival {
  readonly method: string
  /** Query and form together. */
  readonly parameters: Readonly<Record<string, string>>
  readonly referer: string | undefined
}

export interface ClientSite {
  readonly origin: string
  /** A redirect URI. */
  readonly callback: string
  /** In order. */
  readonly arrivals: Arrival[]
  /** The latest arrival with a `state`, as soon as there is one. */
  arrival(state: string): Promise<Arrival>
  /** Serves this HTML at a path. */
  serve(path: string, html: string): void
  close(): Promise<void>
}

/** The web site of a client, at another origin than the issuer. */
export async function startClientSite(): Promise<ClientSite> {
  const arrivals: Arrival[] = []
  const pages = new Map<string, string>()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://client')
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    const page = pages.get(url.pathname)
    if (page === undefined && url.pathname !== '/callback') response.writeHead(404)
    else if (page === undefined) {
      const form = new URLSearchParams(await text(request))
      const parameters = Object.fromEntries([...url.searchParams, ...form])
      arrivals.push({ method: request.method ?? '', parameters, referer: request.headers.referer })
    }
    response.end(page ?? '<title>client</title>back at the client')
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    callback: `${origin}/callback`,
    arrivals,
    arrival(state) {
      const find = () => arrivals.findLast(({ parameters }) => parameters['state'] === state)
      return waitFor(find, { what: 'the browser comes back to the client' }) as Promise<Arrival>
    },
    serve: (path, html) => void pages.set(path, html),
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

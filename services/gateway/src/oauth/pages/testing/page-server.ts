import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { findAsset } from '../assets.ts'
import type { Page } from '../layout.ts'

/** A form that arrived. */
export interface Submission {
  readonly path: string
  readonly origin: string | undefined
  readonly fields: Readonly<Record<string, string>>
}

export interface PageServer {
  /** `http://127.0.0.1:1234` */
  readonly origin: string
  /** In order of arrival. */
  readonly submissions: Submission[]
  /** Paths of the assets that were asked for. */
  readonly assets: string[]
  close(): Promise<void>
}

/** What a path shows: a page, the address to go on to, or plain text. */
export type Answer = Page | { readonly location: string } | string | undefined

/** A gateway's pages without the gateway: each path as `answer` says, POSTs noted and answered like a GET. */
export async function startPageServer(answer: (path: string) => Answer): Promise<PageServer> {
  const submissions: Submission[] = []
  const assets: string[] = []
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    const asset = findAsset(path.slice(path.lastIndexOf('/') + 1))
    if (asset) {
      assets.push(path)
      response.writeHead(200, asset.headers).end(asset.body)
      return
    }
    if (request.method === 'POST') submissions.push(await submission(path, request))
    send(response, answer(path))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    submissions,
    assets,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function submission(path: string, request: IncomingMessage): Promise<Submission> {
  const fields = Object.fromEntries(new URLSearchParams(await text(request)))
  return { path, origin: request.headers.origin, fields }
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === undefined) response.writeHead(404).end()
  else if (typeof answer === 'string') response.writeHead(200, { 'Content-Type': 'text/plain' }).end(answer)
  else if ('location' in answer) response.writeHead(303, { Location: answer.location }).end()
  else response.writeHead(answer.status, answer.headers).end(answer.html)
}

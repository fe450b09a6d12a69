// The API behind the demo's gateway: answers every path with what it was told about the caller.
import { createServer } from 'node:http'

createServer(({ method, url, headers }, response) => {
  const identity = Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^x-(client|auth|request)-/.test(name)),
  )
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify({ method, path: url, identity })}\n`)
}).listen(9000)

process.on('SIGTERM', () => process.exit(0))

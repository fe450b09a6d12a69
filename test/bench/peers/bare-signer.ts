// What every token endpoint has to do at the least: one ES256 signature for a request, on node:http, and nothing else.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'

const [port] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'bare' })).toString('base64url')

createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: 'http://bare', sub: 'demo', aud: 'orders', client_id: 'demo', iat, exp: iat + 3600 }
    const payload = Buffer.from(JSON.stringify({ ...claims, jti: randomUUID(), scope: 'orders:read' }))
    const text = `${header}.${payload.toString('base64url')}`
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const body = JSON.stringify({
      access_token: `${text}.${signature.toString('base64url')}`,
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'orders:read',
    })
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body)
  })
}).listen(Number(port), '127.0.0.1')

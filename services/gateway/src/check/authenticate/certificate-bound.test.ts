import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { devCertificates } from '@gatehouse/grpc-service'
import { certificateThumbprint } from '@gatehouse/token-verifier'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSigner } from '../../../../../packages/token-verifier/test/signer.ts'
import { requestText, statusOf, type TakingTokens, takingTokens } from '../../../test/taking-tokens.ts'
import { Http1Server } from '../../http1/server.ts'
import { createCheck } from '../check.ts'

type Identity = Awaited<ReturnType<typeof devCertificates>>

const signer = createSigner()
let directories: string[]
let own: Identity
let client: Identity
let stranger: Identity
let gateway: TakingTokens
let server: Http1Server
let port: number

beforeAll(async () => {
  directories = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'gatehouse-bound-'))))
  const [ours = '', theirs = ''] = directories
  own = await devCertificates(ours, 'gateway')
  client = await devCertificates(ours, 'client')
  stranger = await devCertificates(theirs, 'client')
  gateway = await takingTokens([signer])
  server = new Http1Server({
    tls: { ...own, requestCert: true, rejectUnauthorized: false },
    handler: createCheck(gateway.parts),
  })
  port = await server.listen(0, '127.0.0.1')
})
afterAll(async () => {
  await server.drain(0)
  await gateway.close()
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true })))
})

async function ask(token: string, identity?: Identity): Promise<[number, string]> {
  const shown = identity && { cert: identity.cert, key: identity.key }
  const socket = tls.connect({ port, host: '127.0.0.1', ca: own.ca, servername: 'localhost', ...shown })
  await once(socket, 'secureConnect')
  let answer = ''
  socket.on('data', (bytes: Buffer) => {
    answer += bytes.toString('latin1')
  })
  socket.write(requestText('/orders/items', { Authorization: `Bearer ${token}` }))
  await once(socket, 'close')
  return [statusOf(answer), (await gateway.record()).status_code]
}

const boundTo = ({ cert }: Identity) =>
  signer.token({ cnf: { 'x5t#S256': certificateThumbprint(new X509Certificate(cert).raw) } })

test('a token that is bound to a certificate opens with it alone, whoever signed the certificate', async () => {
  expect(await ask(boundTo(client), client)).toEqual([200, 'ok'])
  expect(await ask(boundTo(stranger), stranger)).toEqual([200, 'ok'])
  expect(await ask(boundTo(client), stranger)).toEqual([401, 'certificate_mismatch'])
  expect(await ask(boundTo(client))).toEqual([401, 'certificate_mismatch'])
  expect(await ask(signer.token(), client)).toEqual([200, 'ok'])
})

test('the certificate is asked for at every use, also of a token that is remembered', async () => {
  const token = boundTo(client)
  expect(await ask(token, client)).toEqual([200, 'ok'])
  expect(await ask(token, stranger)).toEqual([401, 'certificate_mismatch'])
})

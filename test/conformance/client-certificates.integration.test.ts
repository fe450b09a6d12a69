import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CredentialServiceClient } from '@gatehouse/contracts/credential/v1/credential_service'
import { createClient, createLogger, devCertificates, type TlsMaterial } from '@gatehouse/grpc-service'
import { startEmbedded } from '@gatehouse/standalone/embedded'
import { seedDemo } from '@gatehouse/standalone/seed'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimsOf } from './endpoint.ts'
import { type AskedClient, register } from './system.ts'

const closing: (() => Promise<unknown>)[] = []
const grantTypes = ['client_credentials']
let issuer: string
let server: TlsMaterial
let client: TlsMaterial
let stranger: TlsMaterial
let registered: (asked: AskedClient) => ReturnType<typeof register>
/** Of the last client: nothing is answered from before it. */
let position = 'credential:0'

/** The product behind HTTPS, which asks clients for a certificate of its development authority. */
beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-mtls-'))
  const strangers = await mkdtemp(join(tmpdir(), 'gatehouse-mtls-'))
  for (const directory of [dataDir, strangers]) closing.push(() => rm(directory, { recursive: true }))
  server = await devCertificates(dataDir, 'gateway')
  client = await devCertificates(dataDir, 'shop')
  stranger = await devCertificates(strangers, 'shop')
  const environment: NodeJS.ProcessEnv = { GATEHOUSE_POSTGRES_URL: await sharedDatabase(), GATEHOUSE_NODE: 'gw' }
  for (const service of ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT', 'GATEWAY', 'CONSOLE']) {
    environment[`GATEHOUSE_${service}_ADDRESS`] = '127.0.0.1:0'
    environment[`GATEHOUSE_${service}_OPS_PORT`] = '0'
  }
  const files = { HTTPS_CERT: server.cert, HTTPS_KEY: server.key, HTTPS_CLIENT_CA: server.ca }
  for (const [name, pem] of Object.entries(files)) {
    const file = join(dataDir, `${name}.pem`)
    await writeFile(file, pem)
    environment[`GATEHOUSE_${name}`] = file
  }
  const logger = (service: string) => createLogger(service, { write: () => undefined })
  const embedded = await startEmbedded({ dataDir, environment, logger })
  closing.push(() => embedded.close())
  const { addresses } = embedded
  issuer = `https://${addresses.gateway}`
  const tls = await devCertificates(dataDir, 'console')
  const services = { credentialAddress: addresses.credential, policyAddress: addresses.policy }
  await seedDemo({ ...services, tls, upstreamUrl: 'http://127.0.0.1:9', issuer, known: {} })
  const credential = createClient(CredentialServiceClient, { address: addresses.credential, tls, peer: 'credential' })
  closing.push(async () => credential.close())
  registered = async (asked) => {
    const client = await register(credential, asked)
    position = `credential:${client.position}`
    return client
  }
  const signs = async () => JSON.stringify((await ask('/.well-known/jwks', {}, stranger)).body).includes('kid')
  await waitFor(signs, { what: 'the issuer has a key' })
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

interface Answer {
  readonly status: number | undefined
  readonly body: Record<string, unknown>
}

/** Each call on a connection of its own, with a certificate or without. */
function ask(path: string, form: Record<string, string>, as?: TlsMaterial, headers = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const post = Object.keys(form).length > 0
  const type = post ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
  const request = httpsRequest(`${issuer}${path}`, {
    ...{ method: post ? 'POST' : 'GET', ca: server.ca, agent: false },
    headers: { ...type, ...headers, 'x-gatehouse-position': position },
    ...(as && { cert: as.cert, key: as.key }),
  })
  request.on('error', reject)
  request.on('response', async (response) => {
    const text = (await response.toArray()).join('')
    resolve({ status: response.statusCode, body: text.startsWith('{') ? JSON.parse(text) : { text } })
  })
  request.end(post ? new URLSearchParams(form).toString() : undefined)
  return promise
}

const grant = (client_id: string) => ({ grant_type: 'client_credentials', client_id, scope: 'orders:read' })
const token = '/orders/oauth2/v2/token'

test('the metadata tell of it', async () => {
  const { body } = await ask('/.well-known/oauth-authorization-server', {})
  expect(body).toMatchObject({
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
    mtls_endpoint_aliases: { token_endpoint: `${issuer}/oauth2/v2/token` },
  })
})

test('tls_client_auth: a certificate of our authority, and the token is bound to it', async () => {
  const more = { tlsClientAuthSubjectDn: 'CN=shop', tlsClientCertificateBoundAccessTokens: true }
  const { clientId } = await registered({ method: 'tls_client_auth', grantTypes, more })
  const issued = await ask(token, grant(clientId), client)
  expect(issued).toMatchObject({ status: 200 })
  const thumbprint = Buffer.from(new X509Certificate(client.cert).fingerprint256.replaceAll(':', ''), 'hex')
  expect(claimsOf(issued.body['access_token'])).toMatchObject({ cnf: { 'x5t#S256': thumbprint.toString('base64url') } })
  const authorization = `Bearer ${issued.body['access_token']}`
  const use = async (as?: TlsMaterial) => (await ask('/orders/items', {}, as, { authorization })).status
  // There is no upstream: 502 tells that the gateway let the request through.
  expect([await use(client), await use(), await use(stranger)]).toEqual([502, 401, 401])
})

test('nobody without the certificate, or with one of the same name from elsewhere, is that client', async () => {
  const more = { tlsClientAuthSubjectDn: 'CN=shop' }
  const { clientId } = await registered({ method: 'tls_client_auth', grantTypes, more })
  for (const as of [undefined, stranger]) {
    const answer = await ask(token, grant(clientId), as)
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  }
})

test('self_signed_tls_client_auth: the very certificate that was registered, whoever made it', async () => {
  const certificate = new X509Certificate(stranger.cert)
  const jwk = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' })).export({ format: 'jwk' })
  const jwks = JSON.stringify({ keys: [{ ...jwk, kid: 'c', x5c: [certificate.raw.toString('base64')] }] })
  const { clientId } = await registered({ method: 'self_signed_tls_client_auth', grantTypes, more: { jwks } })
  expect(await ask(token, grant(clientId), stranger)).toMatchObject({ status: 200 })
  expect((await ask(token, grant(clientId), client)).status).toBe(401)
})

import { X509Certificate } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { devCertificates, serviceTls } from './tls.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tls-'))
})

afterEach(() => rm(dataDir, { recursive: true }))

test('a development certificate names its service and loopback, and its CA signed it', async () => {
  const { ca, cert } = await devCertificates(dataDir, 'policy')
  const certificate = new X509Certificate(cert)
  const authority = new X509Certificate(ca)
  expect(certificate.verify(authority.publicKey)).toBe(true)
  expect(certificate.ca).toBe(false)
  expect(authority.ca).toBe(true)
  expect(certificate.subjectAltName).toContain('URI:spiffe://gatehouse/policy')
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
})

test('the next start finds the same certificate', async () => {
  const first = await devCertificates(dataDir, 'policy')
  expect(await devCertificates(dataDir, 'policy')).toEqual(first)
})

test('services that start at the same moment share one CA, and leave nothing behind', async () => {
  const names = ['policy', 'audit', 'console', 'policy', 'audit', 'console']
  const made = await Promise.all(names.map((name) => devCertificates(dataDir, name)))
  expect(new Set(made.map(({ ca }) => ca.toString())).size).toBe(1)
  expect(new Set(made.map(({ key }) => key.toString())).size).toBe(3)
  expect((await readdir(join(dataDir, 'tls'))).sort()).toEqual(['audit', 'ca', 'console', 'policy'])
})

test('keys are readable by their owner alone', async () => {
  await devCertificates(dataDir, 'policy')
  for (const name of ['ca', 'policy']) {
    expect((await stat(join(dataDir, 'tls', name, 'tls.key'))).mode & 0o777).toBe(0o600)
  }
})

test('named files are used instead, all three or none', async () => {
  const { cert } = await devCertificates(dataDir, 'policy')
  const path = (name: string, file: string) => join(dataDir, 'tls', name, file)
  const files = { tlsCa: path('ca', 'tls.crt'), tlsCert: path('policy', 'tls.crt'), tlsKey: path('policy', 'tls.key') }
  const elsewhere = join(dataDir, 'elsewhere')
  expect((await serviceTls('policy', { dataDir: elsewhere, ...files })).cert).toEqual(cert)
  await expect(serviceTls('policy', { dataDir: elsewhere, ...files, tlsKey: undefined })).rejects.toThrow(
    'GATEHOUSE_TLS_KEY must be set together',
  )
  await expect(serviceTls('policy', { dataDir: elsewhere, ...files, tlsKey: path('x', 'y') })).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining(path('x', 'y')),
  })
  await expect(readFile(elsewhere)).rejects.toMatchObject({ code: 'ENOENT' })
})

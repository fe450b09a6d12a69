import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCertificate } from './https.ts'

let directory: string
const file = (name: string) => join(directory, name)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gateway-https-'))
  for (const name of ['cert', 'key', 'ca']) await writeFile(file(name), name)
})
afterAll(() => rm(directory, { recursive: true }))

const files = (over: object = {}) => ({ certFile: undefined, keyFile: undefined, clientCaFile: undefined, ...over })

test('without files there is no HTTPS', async () => {
  expect(await readCertificate(files())).toBeUndefined()
})

test('clients are asked for a certificate, and need not have one, where their authorities are set', async () => {
  const pair = { certFile: file('cert'), keyFile: file('key') }
  expect(await readCertificate(files(pair))).toEqual({
    ...{ cert: Buffer.from('cert'), key: Buffer.from('key') },
    ...{ requestCert: false, rejectUnauthorized: false },
  })
  expect(await readCertificate(files({ ...pair, clientCaFile: file('ca') }))).toMatchObject({
    ...{ ca: Buffer.from('ca'), requestCert: true, rejectUnauthorized: false },
  })
})

test.each([
  ['a certificate without its key', { certFile: 'cert' }, 'GATEHOUSE_HTTPS_CERT and GATEHOUSE_HTTPS_KEY'],
  ['authorities without HTTPS', { clientCaFile: 'ca' }, 'GATEHOUSE_HTTPS_CLIENT_CA'],
  ['a file that is not there', { certFile: 'cert', keyFile: 'key', clientCaFile: 'none' }, 'cannot be read'],
])('%s is told at once', async (_what, names, words) => {
  const paths = Object.fromEntries(Object.entries(names).map(([name, path]) => [name, file(path)]))
  await expect(readCertificate(files(paths))).rejects.toThrow(words)
})

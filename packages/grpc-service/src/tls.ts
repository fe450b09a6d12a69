import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SelfsignedOptions } from 'selfsigned'
import { ConfigurationError } from './environment.ts'

/** Who a service is (certificate chain and key, PEM) and whom it trusts (CA certificates, PEM). */
export interface TlsMaterial {
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** Paths of PEM files; all three or none. */
export interface TlsFiles {
  readonly tlsCa?: string | undefined
  readonly tlsCert?: string | undefined
  readonly tlsKey?: string | undefined
}

/** The identity of service `name`: the given files, or, when none is given, a development certificate in `dataDir`. */
export async function serviceTls(
  name: string,
  settings: TlsFiles & { readonly dataDir: string },
): Promise<TlsMaterial> {
  const { tlsCa, tlsCert, tlsKey } = settings
  if (!tlsCa && !tlsCert && !tlsKey) return devCertificates(settings.dataDir, name)
  if (!tlsCa || !tlsCert || !tlsKey) {
    throw new ConfigurationError('GATEHOUSE_TLS_CA, GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY must be set together')
  }
  const [ca, cert, key] = await Promise.all([tlsCa, tlsCert, tlsKey].map(readPem))
  if (!ca || !cert || !key) throw new ConfigurationError('a TLS file is empty')
  return { ca, cert, key }
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * A certificate for service `name` (`spiffe://gatehouse/<name>`, localhost, loopback) from a CA that is made at the
 * first start in `<dataDir>/tls`. Keys are readable by their owner alone. For development: one host, one user.
 */
export async function devCertificates(dataDir: string, name: string): Promise<TlsMaterial> {
  const root = join(dataDir, 'tls')
  await mkdir(root, { recursive: true, mode: 0o700 })
  const ca = await once(join(root, 'ca'), makeAuthority)
  const own = await once(join(root, name), () => makeCertificate(name, ca))
  return { ca: Buffer.from(ca.cert), cert: Buffer.from(own.cert), key: Buffer.from(own.key) }
}

interface KeyPair {
  readonly cert: string
  readonly key: string
}

/**
 * Reads the pair in `directory`, or makes it. Made aside and renamed as a whole: of services that start at the same
 * moment one wins, and all of them read the winner's pair.
 */
async function once(directory: string, make: () => Promise<KeyPair>): Promise<KeyPair> {
  const present = await readPair(directory)
  if (present) return present
  const aside = `${directory}.${randomUUID()}`
  await mkdir(aside, { mode: 0o700 })
  const made = await make()
  await writeFile(join(aside, 'tls.crt'), made.cert, { mode: 0o600 })
  await writeFile(join(aside, 'tls.key'), made.key, { mode: 0o600 })
  await rename(aside, directory).catch(() => rm(aside, { recursive: true }))
  const winner = await readPair(directory)
  if (!winner) throw new ConfigurationError(`${directory} holds no certificate and cannot be written`)
  return winner
}

async function readPair(directory: string): Promise<KeyPair | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(directory, 'tls.crt'), 'utf8'),
      readFile(join(directory, 'tls.key'), 'utf8'),
    ])
    return { cert, key }
  } catch {
    return undefined
  }
}

const lifetimeMs = 10 * 365 * 24 * 3_600_000

async function issue(commonName: string, options: SelfsignedOptions): Promise<KeyPair> {
  // Loaded when needed: it costs 170 ms of CPU, which only the first start has to pay.
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A minute back, for a clock that is set right after the first start.
    notBeforeDate: new Date(Date.now() - 60_000),
    notAfterDate: new Date(Date.now() + lifetimeMs),
    ...options,
  })
  return { cert: made.cert, key: made.private }
}

function makeAuthority(): Promise<KeyPair> {
  // A name of its own: TLS stacks tell authorities apart by name before they check a signature.
  return issue(`Gatehouse development CA ${randomUUID()}`, {
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
}

function makeCertificate(name: string, ca: KeyPair): Promise<KeyPair> {
  return issue(name, {
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 6, value: `spiffe://gatehouse/${name}` },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
}

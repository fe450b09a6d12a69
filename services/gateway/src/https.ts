import { readFile, stat } from 'node:fs/promises'
import { ConfigurationError, type Logger } from '@gatehouse/grpc-service'
import type { Http1Server } from './http1/server.ts'

export interface CertificateFiles {
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  /** Authorities of client certificates; clients are asked for one where it is set. */
  readonly clientCaFile: string | undefined
}

export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
  /** Asked for and not demanded: what a certificate proves, and whether it must, is for whoever reads it. */
  readonly requestCert: boolean
  readonly rejectUnauthorized: false
  readonly ca?: Buffer
}

/** The certificate for HTTPS; undefined where none is configured. Throws ConfigurationError naming what is wrong. */
export async function readCertificate(files: CertificateFiles): Promise<Certificate | undefined> {
  const { certFile, keyFile, clientCaFile } = files
  if (!certFile && !keyFile) {
    if (clientCaFile) throw new ConfigurationError('GATEHOUSE_HTTPS_CLIENT_CA needs GATEHOUSE_HTTPS_CERT')
    return undefined
  }
  if (!certFile || !keyFile) throw new ConfigurationError('GATEHOUSE_HTTPS_CERT and GATEHOUSE_HTTPS_KEY go together')
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    const ca = clientCaFile ? await readFile(clientCaFile) : undefined
    return { cert, key, ...(ca && { ca }), requestCert: ca !== undefined, rejectUnauthorized: false }
  } catch (error) {
    throw new ConfigurationError(`the HTTPS certificate cannot be read: ${(error as Error).message}`)
  }
}

/**
 * Gives new connections a changed certificate; open ones keep theirs. Looked at by polling: certificates on mounted
 * volumes are replaced through links, which file watches miss.
 */
export function reloadCertificate(
  server: Pick<Http1Server, 'setSecureContext'>,
  files: CertificateFiles,
  logger: Logger,
  everyMs = 2000,
): { close(): void } {
  let seen = ''
  async function look(): Promise<void> {
    const named = [files.certFile, files.keyFile, files.clientCaFile].filter((file) => file !== undefined)
    const times = await Promise.all(named.map((file) => stat(file)))
    const now = times.map(({ mtimeMs, ino, size }) => `${mtimeMs}/${ino}/${size}`).join()
    if (now === seen) return
    const first = seen === ''
    const certificate = first ? undefined : await readCertificate(files)
    if (certificate) {
      server.setSecureContext(certificate)
      logger.info('the HTTPS certificate was reloaded')
    }
    // Only now: a pair caught half written is tried again.
    seen = now
  }
  const tick = () => look().catch((err) => logger.warn({ err }, 'the HTTPS certificate stays as it was'))
  void tick()
  const timer = setInterval(tick, everyMs)
  return { close: () => clearInterval(timer) }
}

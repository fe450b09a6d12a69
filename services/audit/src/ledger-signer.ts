import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigurationError } from '@gatehouse/grpc-service'
import { type Signer, signerOf } from '@gatehouse/transparency-log'

/**
 * The key that signs checkpoints, from its file; made where there is none, readable by its owner alone. Whoever has it can
 * sign another history, but not take back a checkpoint that was given out.
 * @throws ConfigurationError
 */
export async function openLedgerSigner(path: string, origin: string): Promise<Signer> {
  try {
    await makeUnlessThere(path)
    return signerOf(origin, createPrivateKey(await readFile(path)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`GATEHOUSE_LEDGER_KEY: ${path} cannot be used: ${reason}`)
  }
}

/** It stands there whole, or not at all: two that start at once share it. */
async function makeUnlessThere(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const making = `${path}.${randomUUID()}`
  const isThere = await readFile(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  if (isThere) return
  try {
    await using file = await open(making, 'wx', 0o600)
    await file.writeFile(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
    await file.sync()
    await link(making, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(making, { force: true })
  }
}

import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { ConfigurationError, readOrMakeSecret } from '@gatehouse/grpc-service'
import { type Signer, signerOf } from '@gatehouse/transparency-log'

/**
 * The key that signs checkpoints, from its file; made where there is none, readable by its owner alone. Whoever has it can
 * sign another history, but not take back a checkpoint that was given out.
 * @throws ConfigurationError
 */
export async function openLedgerSigner(path: string, origin: string): Promise<Signer> {
  try {
    return signerOf(origin, createPrivateKey(await readOrMakeSecret(path, makeKey)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigurationError(`GATEHOUSE_LEDGER_KEY: ${path} cannot be used: ${reason}`)
  }
}

function makeKey(): string | Buffer {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' })
}

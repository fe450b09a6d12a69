import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { AuthorizationServiceClient } from '@gatehouse/contracts/token/v1/authorization_service'
import { TokenServiceClient } from '@gatehouse/contracts/token/v1/token_service'
import { createClient, devCertificates } from '@gatehouse/grpc-service'
import type { Callable } from './browser.ts'

/** An instance in a process of its own, which the gateway asks by gRPC. */
export interface SpawnedInstance extends Callable {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

const main = new URL('../src/main.ts', import.meta.url).pathname

export async function spawnInstance(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SpawnedInstance> {
  const { GATEHOUSE_DATA_DIR: dataDir = '', GATEHOUSE_TOKEN_ADDRESS: address = '' } = environment
  const child: ChildProcess = spawn(process.execPath, [main], {
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  })
  const tls = await devCertificates(dataDir, 'gateway')
  const token = createClient(TokenServiceClient, { address, tls, peer: 'token' })
  const authorization = createClient(AuthorizationServiceClient, { address, tls, peer: 'token' })
  return {
    calls: {
      issueToken: (request) => token.issueToken(request),
      interact: (request) => authorization.interact(request),
    },
    async kill() {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
      child.kill('SIGKILL')
      await gone
      token.close()
      authorization.close()
    },
  }
}

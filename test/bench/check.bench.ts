import { join } from 'node:path'
import { CheckRequest, DecisionServiceClient } from '@gatehouse/contracts/policy/v1/decision_service'
import { createClient } from '@gatehouse/grpc-service'
import { freePort, waitFor } from '@gatehouse/testkit'
import { startControlPlane } from './control-plane.ts'
import { alternate, atLeast, type Bench } from './measure.ts'
import { holdOn, listening, processorSeconds, startPinned } from './process.ts'

/** Of a round; the warm-up is two rounds. Counted, not timed: a slow machine shall not measure cold code. */
const calls = 8000
const inFlight = 64

/**
 * `Check` of an API key, its record on disk before the answer, against a grpc-js handler that does nothing on the same
 * mutual TLS. In calls for each second of the processor that the server uses: the client is grpc-js too, and slower than
 * a bare server.
 */
export const bench: Bench = {
  name: 'check',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const control = opened.use(await startControlPlane('http://127.0.0.1:9'))
    const start = async (script: string, args: readonly string[], port: number, env: NodeJS.ProcessEnv = {}) => {
      const flags = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script)]
      const server = startPinned(0, process.execPath, [...flags, ...args], env)
      opened.defer(() => server.stop())
      await listening(port)
      const client = createClient(DecisionServiceClient, {
        address: `127.0.0.1:${port}`,
        tls: control.tls,
        peer: 'policy',
      })
      opened.defer(() => client.close())
      return { server, check: () => client.check(question) }
    }
    const apiKey = { kind: { $case: 'apiKey', value: control.key.apiKey } } as const
    const question = CheckRequest.fromPartial({
      ...{ environmentId: 'alpha', method: 'GET', path: '/orders/items', clientIp: '192.0.2.1' },
      credential: apiKey,
    })
    const [policyPort, barePort] = [await freePort(), await freePort()]
    const address = { GATEHOUSE_POLICY_ADDRESS: `127.0.0.1:${policyPort}`, GATEHOUSE_NODE: 'bench-check' }
    const main = '../../services/policy/src/main.ts'
    const policy = await start(main, [], policyPort, { ...control.environment, ...address })
    const identity = join(control.environment['GATEHOUSE_DATA_DIR'] ?? '', 'tls')
    const files = [
      join(identity, 'ca', 'tls.crt'),
      join(identity, 'policy', 'tls.crt'),
      join(identity, 'policy', 'tls.key'),
    ]
    const bare = await start('peers/bare-check.ts', [String(barePort), ...files], barePort)
    await waitFor(async () => (await policy.check()).reason === 'ok', { what: 'the key is let in' })
    const subjects = { policy: () => callsPerSecond('Check', policy), bare: () => callsPerSecond('bare', bare) }
    for (const warmUp of Object.values(subjects)) for (const _ of [1, 2]) await warmUp()
    const rates = await alternate(rounds, subjects)
    const peer = { name: 'bare grpc-js handler', value: rates.bare }
    return [atLeast('check', 'Check of a key, recorded', '1/CPU s', rates.policy, peer, 0.7)]
  },
}

interface Subject {
  readonly server: ReturnType<typeof startPinned>
  check(): Promise<{ readonly reason: string }>
}

/** @returns calls for each second of processor time of the server */
async function callsPerSecond(name: string, { server, check }: Subject): Promise<number> {
  const [before, startedAt] = [processorSeconds(server), performance.now()]
  let left = calls
  const worker = async () => {
    while (left-- > 0) {
      const { reason } = await check()
      if (reason !== 'ok') throw new Error(`${name} answered ${reason}`)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const used = processorSeconds(server) - before
  const rate = (calls * 1000) / (performance.now() - startedAt)
  console.error(`${name}: ${Math.round(rate)} 1/s, ${((used * 1e6) / calls).toFixed(1)} µs of processor each`)
  return calls / used
}

import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Endpoint, TokenServiceClient } from '@gatehouse/contracts/token/v1/token_service'
import { createClient } from '@gatehouse/grpc-service'
import { freePort, waitFor } from '@gatehouse/testkit'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { startGatewayProcess } from './gateway-process.ts'
import { alternate, atLeast, type Bench } from './measure.ts'
import { startUpstream } from './peers/nginx.ts'
import { holdOn } from './process.ts'
import { requestsPerProcessorSecond } from './processor-rate.ts'

const run = promisify(execFile)
const seconds = 3
/** More than the gateway can look at in that time. */
const newTokensPerRound = 21_000
/** They come for a short time only: twice, so that their path too is compiled before it is measured. */
const warmUps = 2

/**
 * Access tokens at the gateway: one that is remembered beside an API key, a new one beside the bare signature check. In
 * requests for each second of the processor, so that it does not matter who else uses the machine.
 */
export const bench: Bench = {
  name: 'bearer',
  async run({ rounds = 5 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const upstreamPort = await freePort()
    const issuer = 'http://127.0.0.1:8080'
    const control = opened.use(await startControlPlane(`http://127.0.0.1:${upstreamPort}`, {}, issuer))
    const { apiKey } = control.key
    const upstream = await startUpstream(1, upstreamPort)
    opened.defer(() => upstream.stop())
    const gateway = await startGatewayProcess(control, { cpu: 0, node: 'bench' })
    opened.defer(() => gateway.stop())
    const issue = issuerOf(control)
    opened.defer(issue.close)
    const url = `${gateway.url}/orders/items`
    const load = (more: object) =>
      requestsPerProcessorSecond([gateway], { url, seconds, connections: 128, cpu: 1, ...more })
    const [known = ''] = await issue.tokens(1)
    // All before anything is measured: after a pause the gateway would have to connect to its upstream anew.
    const scripts: string[] = []
    while (scripts.length < warmUps + rounds)
      scripts.push(await scriptOf(folder, await issue.tokens(newTokensPerRound)))
    const subjects = {
      key: () => load({ headers: { 'X-API-Key': apiKey } }),
      remembered: () => load({ headers: { Authorization: `Bearer ${known}` } }),
      fresh: () => load({ script: scripts.pop() }),
      bare: () => bareChecks(),
    }
    await waitFor(async () => (await fetch(url, { headers: { authorization: `Bearer ${known}` } })).ok, {
      what: 'the gateway lets the token in',
    })
    for (let n = 0; n < warmUps; n++)
      for (const warmUp of [subjects.key, subjects.remembered, subjects.fresh]) await warmUp()
    const rates = await alternate(rounds, subjects)
    const onTopOfKey = 1 / (1 / rates.fresh - 1 / rates.key)
    const bare = { name: 'bare ES256 check', value: rates.bare }
    return [
      atLeast(
        'bearer',
        'requests, remembered JWT',
        '1/s',
        rates.remembered,
        { name: 'API key', value: rates.key },
        0.95,
      ),
      atLeast('bearer', 'new JWTs, on top of a key', '1/CPU s', onTopOfKey, bare, 0.8),
    ]
  },
}

/** Tokens of the demo's client, each a new one. */
function issuerOf({ addresses, tls, key }: ControlPlane) {
  const service = createClient(TokenServiceClient, { address: addresses.token, tls, peer: 'token' })
  const authorization = `Basic ${Buffer.from(`${key.clientId}:${key.clientSecret}`).toString('base64')}`
  const endpoint = { ...Endpoint.create(), environmentId: 'alpha', apiId: 'orders', authorization }
  const parameters = [{ name: 'grant_type', value: 'client_credentials' }]

  async function token(): Promise<string> {
    const { result } = await service.issueToken({ endpoint, parameters })
    if (result?.$case !== 'issued') throw new Error(`no token: ${JSON.stringify(result)}`)
    return result.value.accessToken
  }
  return {
    close: () => service.close(),
    async tokens(count: number): Promise<string[]> {
      const tokens: string[] = []
      const worker = async () => {
        while (tokens.length < count) tokens.push(await token())
      }
      await Promise.all(Array.from({ length: Math.min(count, 50) }, worker))
      return tokens
    },
  }
}

/** Each request shows another token; were there too few, the last one would be malformed and the load would say so. */
async function scriptOf(folder: string, tokens: readonly string[]): Promise<string> {
  const name = randomUUID()
  const script = join(folder, `${name}.lua`)
  const list = join(folder, `${name}.txt`)
  await writeFile(list, `${tokens.join('\n')}\n`)
  await writeFile(
    script,
    `local tokens = {}
for line in io.lines("${list}") do tokens[#tokens + 1] = line end
local at = 0
request = function()
  at = at + 1
  return wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. (tokens[at] or "none.left.over") })
end
`,
  )
  return script
}

async function bareChecks(): Promise<number> {
  const script = join(import.meta.dirname, 'peers', 'bare-verifier.ts')
  const { stdout } = await run('taskset', [
    '-c',
    '0',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    script,
  ])
  return Number(stdout)
}

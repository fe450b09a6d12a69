import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { waitFor } from '@gatehouse/testkit'
import { callGateway } from '../call-gateway.ts'
import { type Call, isAllow } from '../history.ts'
import { createMember, furtherGateway } from '../installation.ts'
import type { Member } from '../member.ts'
import type { Scene, SceneFault } from './scene.ts'

const run = promisify(execFile)
/** Where a file system of our own can be mounted: as root, and not in every container. */
const mounts = await run('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).then(
  () => true,
  () => false,
)

/** Three files, one of them the reserve. */
const quota = { GATEHOUSE_SPOOL_SEGMENT_BYTES: '65536', GATEHOUSE_SPOOL_SEGMENTS: '3' }
const disk = { GATEHOUSE_SPOOL_SEGMENT_BYTES: '65536', GATEHOUSE_SPOOL_SEGMENTS: '64' }

export const spoolFaults: readonly SceneFault[] = [{ name: 'spools used up', hinders: false, run: useUpSpools }]

/** Without Kafka the records stay: a gateway refuses on record, then answers nothing, and recovers by itself. */
async function useUpSpools(scene: Scene): Promise<string[]> {
  const { kafka } = scene.installation
  await using opened = new AsyncDisposableStack()
  const gateways = [opened.use(await startGateway(scene, quota, false))]
  if (mounts) gateways.push(opened.use(await startGateway(scene, disk, true)))
  await Promise.all([0, 1, 2].map((index) => kafka.broker(index).kill()))
  const wrong = []
  for (const gateway of gateways) wrong.push(...(await useUp(gateway)))
  await Promise.all([0, 1, 2].map((index) => kafka.broker(index).restart()))
  for (const gateway of gateways) {
    await recover(gateway)
    scene.workload.add({ calls: gateway.calls })
  }
  return wrong
}

interface SmallGateway extends AsyncDisposable {
  readonly node: string
  readonly member: Member
  readonly calls: readonly Call[]
  call(): Promise<Call>
}

let gateways = 2

/** A further gateway with little room for its records. */
async function startGateway(
  { installation }: Scene,
  settings: NodeJS.ProcessEnv,
  smallDisk: boolean,
): Promise<SmallGateway> {
  await using opened = new AsyncDisposableStack()
  const node = `gateway-${++gateways}`
  const environment = { ...(await furtherGateway(installation.environment, node)), ...settings }
  const spool = join(installation.dataDir, node, 'spool')
  await mkdir(spool)
  if (smallDisk) {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', spool])
    opened.defer(async () => void (await run('umount', [spool])))
  }
  const member = createMember(node, environment, installation.logs)
  opened.defer(() => member.kill())
  await member.start()
  const key = { id: installation.demo.api_key_id, secret: installation.demo.api_key, position: '' }
  const url = `http://${environment['GATEHOUSE_GATEWAY_ADDRESS']}`
  const calls: Call[] = []
  const call = async () => {
    const choice = { gateway: 'gateway', strict: false, carriesPosition: false } as const
    const made = await callGateway({ gateways: { gateway: url, 'gateway-2': url } }, key, choice)
    calls.push({ ...made, gateway: node })
    return made
  }
  await waitFor(async () => isAllow(await call()), { what: `${node} serves`, timeoutMs: 30_000 })
  const closing = opened.move()
  return { node, member, calls, call, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

async function useUp({ node, calls, call }: SmallGateway): Promise<string[]> {
  await waitFor(async () => (await call()).status === undefined, {
    ...{ what: `${node} has no room`, timeoutMs: 60_000, intervalMs: 0 },
  })
  const full = calls.length
  const refused = calls.findIndex(({ status }) => status === 503)
  for (let n = 0; n < 20; n++) await call()
  const wrong = [
    ...calls.slice(full).filter(({ status }) => status !== undefined && status !== 503),
    ...calls.slice(Math.max(refused, 0), full).filter(isAllow),
  ]
  return [
    ...(refused < 30 ? [`${node} refused from call ${refused} on`] : []),
    ...wrong.map(({ status, requestId }) => `${node} answered ${status} with its spool used up (${requestId})`),
  ]
}

async function recover({ node, member, call }: SmallGateway): Promise<void> {
  await waitFor(async () => isAllow(await call()), { what: `${node} serves again`, timeoutMs: 60_000, intervalMs: 50 })
  const waiting = () => member.metric('gatehouse_audit_spool_records')
  await waitFor(async () => (await waiting()) === 0, { what: `the records of ${node} are shipped`, timeoutMs: 60_000 })
}

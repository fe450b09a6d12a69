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

export const spoolFaults: readonly SceneFault[] = [
  { name: 'quota of a spool used up', hinders: false, run: (scene) => withGateway(scene, quota, false) },
  ...(mounts
    ? [{ name: 'disk of a spool full', hinders: false, run: (scene: Scene) => withGateway(scene, disk, true) }]
    : []),
]

let gateways = 2

/** A further gateway with little room for its records. */
async function withGateway(scene: Scene, settings: NodeJS.ProcessEnv, smallDisk: boolean): Promise<string[]> {
  const { installation } = scene
  const node = `gateway-${++gateways}`
  const environment = { ...(await furtherGateway(installation.environment, node)), ...settings }
  const spool = join(installation.dataDir, node, 'spool')
  await mkdir(spool)
  if (smallDisk) await run('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', spool])
  const gateway = createMember(node, environment, installation.logs)
  try {
    await gateway.start()
    return await useUp(scene, node, gateway, `http://${environment['GATEHOUSE_GATEWAY_ADDRESS']}`)
  } finally {
    await gateway.kill()
    if (smallDisk) await run('umount', [spool])
  }
}

/** Without Kafka the records stay: it refuses on record, then answers nothing, and recovers by itself. */
async function useUp({ installation, workload }: Scene, node: string, gateway: Member, url: string): Promise<string[]> {
  const { demo, kafka } = installation
  const key = { id: demo.api_key_id, secret: demo.api_key, position: '' }
  const calls: Call[] = []
  const gatewaysSeen = { gateway: url, 'gateway-2': url }
  const call = async () => {
    const choice = { gateway: 'gateway', strict: false, carriesPosition: false } as const
    const made = { ...(await callGateway({ gateways: gatewaysSeen }, key, choice)), gateway: node }
    calls.push(made)
    return made
  }
  await waitFor(async () => isAllow(await call()), { what: `${node} serves`, timeoutMs: 30_000 })
  await Promise.all([0, 1, 2].map((index) => kafka.broker(index).kill()))
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
  await Promise.all([0, 1, 2].map((index) => kafka.broker(index).restart()))
  await waitFor(async () => isAllow(await call()), { what: `${node} serves again`, timeoutMs: 60_000, intervalMs: 50 })
  const waiting = () => gateway.metric('gatehouse_audit_spool_records')
  await waitFor(async () => (await waiting()) === 0, { what: `the records of ${node} are shipped`, timeoutMs: 60_000 })
  workload.add({ calls })
  return [
    ...(refused < 30 ? [`${node} refused from call ${refused} on`] : []),
    ...wrong.map(({ status, requestId }) => `${node} answered ${status} with its spool used up (${requestId})`),
  ]
}

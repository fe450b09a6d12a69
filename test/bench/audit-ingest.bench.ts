import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuditSink } from '@gatehouse/audit-trail'
import { AuditServiceClient } from '@gatehouse/contracts/audit/v1/audit_service'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { createClient, createLogger, serviceTls, type TlsMaterial } from '@gatehouse/grpc-service'
import { freePort, startPostgres } from '@gatehouse/testkit'
import { gatewayRecords } from './gateway-records.ts'
import { type Bench, below, type Measure } from './measure.ts'
import { holdOn, listening, type Pinned, processorSeconds, scratchFolder, startPinned } from './process.ts'

const recordsPerRound = 100_000
/** As many as the shipper of a gateway puts into one request: 1 MiB. */
const batchRecords = 850
/** One batch in so many is sent a second time, as after a stream that broke. */
const againEvery = 20
const recordsPerSecondGoal = 20_000

/**
 * The ledger under lasting load: the audit service alone on one processor; Postgres (fsync on) and the gateways, which
 * have their records ready, on the other. Processor time tells more than the rate where others use the machine too.
 */
export const bench: Bench = {
  name: 'audit-ingest',
  async run({ rounds = 3 }) {
    using _elsewhere = holdOn(1)
    await using opened = new AsyncDisposableStack()
    const postgres = opened.use(await startPostgres())
    const dataDir = scratchFolder('audit-ingest')
    const port = await freePort()
    const service = startPinned(0, process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      GATEHOUSE_DATA_DIR: dataDir,
      GATEHOUSE_POSTGRES_URL: postgres.url,
      GATEHOUSE_AUDIT_ADDRESS: `127.0.0.1:${port}`,
      GATEHOUSE_AUDIT_OPS_PORT: '0',
      GATEHOUSE_CREDENTIAL_ADDRESS: '127.0.0.1:1',
      GATEHOUSE_LOG_LEVEL: 'error',
    })
    opened.defer(() => service.stop())
    await listening(port)
    const ledger = { address: `127.0.0.1:${port}`, tls: await serviceTls('gateway', { dataDir }) }
    const subject: Subject = { ledger, service, postgresPid: postgres.pid }
    const measures: Measure[] = []
    for (const gateways of [1, 4]) measures.push(...(await measure(subject, gateways, rounds)))
    await checkLedger(ledger.address, await serviceTls('console', { dataDir }))
    return measures
  },
}

const main = join(import.meta.dirname, '../../services/audit/src/main.ts')

interface Subject {
  readonly ledger: { readonly address: string; readonly tls: TlsMaterial }
  readonly service: Pinned
  /** Undefined where Postgres is not on this machine: its time is not measured then. */
  readonly postgresPid: number | undefined
}

async function measure({ ledger, service, postgresPid }: Subject, gateways: number, rounds: number) {
  const share = Math.ceil(recordsPerRound / gateways)
  const nodes = Array.from({ length: gateways }, (_, i) => gatewayRecords(`bench-${gateways}-${i + 1}`))
  const sinks = nodes.map(() => openAuditSink({ ...viaGrpc, auditAddress: ledger.address }, ledger.tls, logger))
  let [seconds, ofService, ofPostgres] = [0, 0, 0]
  for (let round = 0; round <= rounds; round++) {
    const batches = nodes.map((node) => withSomeAgain(Array.from(node(share))))
    const [service0, postgres0, startedAt] = [processorSeconds(service), familySeconds(postgresPid), performance.now()]
    await Promise.all(sinks.map((sink, i) => ship(sink, batches[i] ?? [])))
    // The first round warms up.
    if (round === 0) continue
    seconds += (performance.now() - startedAt) / 1000
    ofService += processorSeconds(service) - service0
    ofPostgres += familySeconds(postgresPid) - postgres0
  }
  await Promise.all(sinks.map((sink) => sink.close()))
  const records = share * gateways * rounds
  const [name, who] = ['audit-ingest', gateways === 1 ? 'one gateway' : `${gateways} gateways`]
  const each = (used: number) => (used * 1e6) / records
  return [
    rate(name, `records, ${who}`, records / seconds),
    below(name, `processor of the service, ${who}`, 'µs/record', each(ofService), 1e6 / recordsPerSecondGoal),
    below(name, `processor of Postgres, ${who}`, 'µs/record', each(ofPostgres), 1e6 / recordsPerSecondGoal),
  ]
}

const viaGrpc = { kafkaBrokers: [], topicPrefix: '', node: 'bench' }
const logger = createLogger('bench')

function rate(bench: string, metric: string, value: number): Measure {
  const facts = { bench, metric, value: Math.round(value), unit: '1/s', peer: '', ratio: null }
  return { ...facts, goal: `>= ${recordsPerSecondGoal} 1/s`, ok: value >= recordsPerSecondGoal }
}

function withSomeAgain(records: readonly StoredRecord[]): StoredRecord[][] {
  const batches: StoredRecord[][] = []
  for (let at = 0; at < records.length; at += batchRecords) {
    const batch = records.slice(at, at + batchRecords)
    batches.push(batch)
    if ((at / batchRecords) % againEvery === againEvery - 1) batches.push(batch)
  }
  return batches
}

/** As the shipper: in order, the next batch on its way while the one before is stored. */
async function ship(sink: ReturnType<typeof openAuditSink>, batches: readonly StoredRecord[][]): Promise<void> {
  const inFlight: Promise<void>[] = []
  for (const batch of batches) {
    if (inFlight.length >= batchesInFlight) await inFlight.shift()
    inFlight.push(untilTaken(sink, batch))
  }
  await Promise.all(inFlight)
}

const batchesInFlight = 3

async function untilTaken(sink: ReturnType<typeof openAuditSink>, batch: StoredRecord[]): Promise<void> {
  const send = sink.prepare(batch)
  for (;;) {
    try {
      return await send()
    } catch (error) {
      console.error(`sent again: ${error}`)
    }
  }
}

/** Every record once and no hole, or the figures mean nothing. */
async function checkLedger(address: string, tls: TlsMaterial): Promise<void> {
  const console = createClient(AuditServiceClient, { address, tls, peer: 'audit' })
  const { nodes } = await console.getCompleteness({})
  console.close()
  const wrong = nodes.filter(({ holes, recordCount, lastSequence }) => holes.length > 0 || recordCount !== lastSequence)
  if (wrong.length > 0 || nodes.length !== 5) throw new Error(`the ledger has not all records of ${nodes.length} nodes`)
}

/** Seconds of processor time of a process, its children, and those of them that ended (proc(5), fields 14 to 17). */
function familySeconds(pid: number | undefined): number {
  if (pid === undefined) return Number.NaN
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean)
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) / 100
  return children.reduce((seconds, child) => seconds + familySeconds(Number(child)), own)
}

import { Kafka, logLevel } from 'kafkajs'
import { type History, isAllow } from '../history.ts'
import type { Installation } from '../installation.ts'
import type { Scene, SceneFault } from './scene.ts'

const brokers = [0, 1, 2]

export const kafkaFaults: readonly SceneFault[] = [
  {
    name: 'kafka broker killed',
    hinders: false,
    async run({ installation, random, outage }) {
      const broker = installation.kafka.broker(random.between(0, 2))
      await broker.kill()
      await outage(3_000)
      await broker.restart()
    },
  },
  {
    name: 'kafka down',
    hinders: false,
    run: (scene) =>
      goingOn(
        scene,
        7_000,
        (broker) => broker.kill(),
        (broker) => broker.restart(),
      ),
  },
  {
    name: 'kafka stopped',
    hinders: false,
    run: (scene) =>
      goingOn(
        scene,
        3_000,
        (broker) => broker.pause(),
        (broker) => broker.resume(),
      ),
  },
  { name: 'kafka leader moved', hinders: false, run: moveLeaders },
]

type Broker = ReturnType<Installation['kafka']['broker']>

/** A look-up that came late on a busy machine is refused, too: with Kafka it has nothing to do, and is rare. */
const lateShareMax = 0.02

/** Keys end by the pull path, and no call is refused for want of Kafka. */
async function goingOn(
  { installation: { kafka }, workload, outage }: Scene,
  shortMs: number,
  hurt: (broker: Broker) => Promise<unknown>,
  heal: (broker: Broker) => Promise<unknown>,
) {
  await Promise.all(brokers.map((index) => hurt(kafka.broker(index))))
  const from = performance.now()
  await outage(shortMs)
  // Not longer: three brokers that start leave nobody else a processor.
  const to = performance.now()
  await Promise.all(brokers.map((index) => heal(kafka.broker(index))))
  const { calls }: History = workload.history
  const during = calls.filter(({ invokedAt, endedAt }) => invokedAt > from && endedAt < to)
  const refused = during.filter(({ status }) => status === 503)
  return [
    ...(during.some(isAllow) ? [] : ['no call was let in while Kafka was away']),
    ...(refused.length <= during.length * lateShareMax ? [] : refused).map(
      ({ gateway, requestId }) => `${gateway} answered 503 while Kafka was away (${requestId})`,
    ),
  ]
}

/** Each event topic is led by another broker, one after the other. */
async function moveLeaders({ installation, outage }: Scene): Promise<void> {
  const kafka = new Kafka({ brokers: [...installation.kafka.brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const wanted = ['gatehouse.credential.v1', 'gatehouse.policy.v1', 'gatehouse.token.v1', 'gatehouse.audit.v1']
    const { topics } = await admin.fetchTopicMetadata({ topics: wanted })
    const moves = (pick: (leader: number, all: number[]) => number[]) =>
      topics.map(({ name: topic, partitions }) => ({
        topic,
        partitionAssignment: partitions.map(({ partitionId: partition, leader }) => {
          return { partition, replicas: pick(leader, [1, 2, 3]) }
        }),
      }))
    // Without the leader among its copies another one leads.
    await admin.alterPartitionReassignments({ topics: moves((leader, all) => all.filter((id) => id !== leader)) })
    await outage(2_000)
    await admin.alterPartitionReassignments({ topics: moves((_, all) => all) })
    await outage(500)
  } finally {
    await admin.disconnect()
  }
}

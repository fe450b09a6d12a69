import { expect, test } from 'vitest'
import { fakeCluster } from '../testing/fake-cluster.ts'
import { quietLogger } from '../testing/served-log.ts'
import { createPartitionProducer } from './partition-producer.ts'

const topic = 'audit'

function start(deadlineMs = 2_000) {
  const cluster = fakeCluster()
  const { newProducer } = cluster
  let made = 0
  const counted = () => {
    made++
    return newProducer()
  }
  const producer = createPartitionProducer({ topic, newProducer: counted, deadlineMs, logger: quietLogger })
  return { ...cluster, producer, made: () => made }
}

test('kafkajs alone reports success for a message that it lost when a leader moved during the send', async () => {
  const { newProducer, written, faults } = fakeCluster()
  const producer = newProducer()
  await producer.connect()
  faults.leaderMoves = true
  const messages = [
    { partition: 0, value: 'A' },
    { partition: 1, value: 'B' },
  ]
  await expect(producer.send({ topic, acks: -1, messages })).resolves.toBeDefined()
  expect(written).toEqual(['0:A'])
})

test('a leader that moves during a send loses nothing here', async () => {
  const { producer, written, faults } = start()
  faults.leaderMoves = true
  await Promise.all([producer.send(0, [{ value: 'A' }]), producer.send(1, [{ value: 'B' }, { value: 'C' }])])
  expect(written).toEqual(['0:A', '1:B', '1:C'])
})

test('a partition that a message names itself does not count', async () => {
  const { producer, written } = start()
  await producer.send(0, [{ value: 'A', partition: 1 }])
  expect(written).toEqual(['0:A'])
})

test('a reply for another partition is no acknowledgement', async () => {
  const { producer, faults } = start()
  faults.wrongPartition = true
  await expect(producer.send(0, [{ value: 'A' }])).rejects.toMatchObject({
    status: 'UNAVAILABLE',
    reason: 'KAFKA_UNAVAILABLE',
  })
})

test('a producer that got no id is not used: the next send makes another', async () => {
  const { producer, faults, producerIds, made } = start()
  faults.noProducerId = 1
  await expect(producer.send(0, [{ value: 'A' }])).rejects.toMatchObject({ status: 'UNAVAILABLE' })
  await producer.send(0, [{ value: 'A' }])
  expect(made()).toBe(2)
  expect(producerIds).not.toContain(-1)
})

test.each([45, 46, 59])('after error %i of a producer id the next send has a new producer', async (code) => {
  const { producer, faults, made, written } = start()
  faults.errorCode = code
  await expect(producer.send(0, [{ value: 'A' }])).rejects.toMatchObject({ status: 'UNAVAILABLE' })
  faults.errorCode = 0
  await producer.send(0, [{ value: 'A' }])
  expect(made()).toBe(2)
  expect(written).toEqual(['0:A'])
})

test('a send that gets no answer ends at its deadline, and those behind it go on', async () => {
  const { producer, faults, written } = start(100)
  faults.silent = true
  const first = producer.send(0, [{ value: 'A' }])
  await expect(first).rejects.toMatchObject({ status: 'UNAVAILABLE', message: expect.stringContaining('100 ms') })
  faults.silent = false
  await producer.send(0, [{ value: 'B' }])
  expect(written).toEqual(['0:B'])
})

test('more than 256 waiting sends are refused', async () => {
  const { producer, faults } = start(200)
  faults.silent = true
  const sends = Array.from({ length: 257 }, () => producer.send(0, [{ value: 'A' }]))
  for (const send of sends) send.catch(() => {})
  await expect(sends[256]).rejects.toMatchObject({ reason: 'KAFKA_BUSY' })
})

test('sends are written in the order of the calls', async () => {
  const { producer, written } = start()
  await Promise.all(Array.from({ length: 50 }, (_, i) => producer.send(0, [{ value: String(i) }])))
  expect(written).toEqual(Array.from({ length: 50 }, (_, i) => `0:${i}`))
})

test('after close a send is refused', async () => {
  const { producer } = start()
  await producer.send(0, [{ value: 'A' }])
  await producer.close()
  await expect(producer.send(0, [{ value: 'B' }])).rejects.toMatchObject({ reason: 'PRODUCER_CLOSED' })
})

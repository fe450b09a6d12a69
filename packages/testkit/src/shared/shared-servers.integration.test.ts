import { Redis } from 'ioredis'
import '@gatehouse/bus/kafkajs-repair'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { sharedDatabase, sharedKafka, sharedRedis } from './shared-servers.ts'

describe('shared servers', () => {
  it('every database is empty and another one', async () => {
    const [one, two] = [await sharedDatabase(), await sharedDatabase()]
    expect(new URL(one).host).toBe(new URL(two).host)
    for (const url of [one, two]) {
      const client = new pg.Client(url)
      await client.connect()
      await client.query('CREATE TABLE things (id int)')
      await client.end()
    }
  })

  it('every Redis database is empty and another one', async () => {
    const [one, two] = [new Redis(await sharedRedis()), new Redis(await sharedRedis())]
    await one.set('key', 'one')
    expect(await two.get('key')).toBeNull()
    expect(await two.dbsize()).toBe(0)
    one.disconnect()
    two.disconnect()
  })

  it('Kafka is one, the prefixes differ', async () => {
    const [one, two] = [await sharedKafka(), await sharedKafka()]
    expect(one.brokers).toEqual(two.brokers)
    expect(one.prefix).not.toBe(two.prefix)
    const admin = new Kafka({ brokers: [...one.brokers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: `${one.prefix}things` }], waitForLeaders: true })
    expect(await admin.listTopics()).toContain(`${one.prefix}things`)
    await admin.disconnect()
  })
})

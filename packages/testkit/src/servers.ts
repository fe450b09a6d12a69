import { type KafkaCluster, type KafkaOptions, startKafka } from './kafka.ts'
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts'
import { type RedisOptions, type RedisServer, startRedis } from './redis.ts'

export interface ServersOptions {
  readonly postgres?: PostgresOptions
  readonly redis?: RedisOptions
  readonly kafka?: KafkaOptions
}

export interface Servers extends AsyncDisposable {
  readonly postgres: PostgresServer
  readonly redis: RedisServer
  readonly kafka: KafkaCluster
  stop(): Promise<void>
}

/** All that the distributed way of running needs, started side by side; if one fails the others are stopped. */
export async function startServers(options: ServersOptions = {}): Promise<Servers> {
  const starts = [startPostgres(options.postgres), startRedis(options.redis), startKafka(options.kafka)] as const
  try {
    const [postgres, redis, kafka] = await Promise.all(starts)
    const stop = async () => {
      await Promise.all([postgres.stop(), redis.stop(), kafka.stop()])
    }
    return { postgres, redis, kafka, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    for (const start of await Promise.allSettled(starts)) if (start.status === 'fulfilled') await start.value.stop()
    throw error
  }
}

import { Cluster, type ClusterNode, Redis, type RedisOptions } from 'ioredis'

/** `redis://…` or `rediss://…` of one server, or some nodes of a cluster. */
export type RedisAddress = { readonly url: string } | { readonly nodes: readonly ClusterNode[] }

/** Longest silence after a command: then the connection is dead, also where no FIN or RST ever tells of it. */
export const silenceMsMax = 2_000

/**
 * Settings under which a command fails soon instead of waiting in some queue or being sent twice. ioredis 6 would by
 * default queue while offline, retry 20 times, resend what got no reply and wait for ever. A command that timed out
 * here may still run there: writes are therefore conditional on the position.
 */
function settings(commandTimeoutMs: number): RedisOptions {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2_000,
    // A command that timed out leaves its connection as it is; the next ones would go the same way.
    socketTimeout: silenceMsMax,
    // Who is dead does not answer a FIN either.
    disconnectTimeout: 20,
    retryStrategy: (times) => Math.min(20 * 2 ** times, 500),
    // A replica that was a primary refuses writes: look for the new primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }
}

/** A connection of its own for one kind of command. `commandTimeoutMs` also bounds the greeting of a new connection. */
export function connectRedis(address: RedisAddress, onError: (error: Error) => void, commandTimeoutMs: number) {
  const redis =
    'url' in address
      ? new Redis(address.url, settings(commandTimeoutMs))
      : new Cluster([...address.nodes], {
          enableOfflineQueue: false,
          clusterRetryStrategy: (times) => Math.min(20 * 2 ** times, 500),
          redisOptions: settings(commandTimeoutMs),
        })
  redis.on('error', onError)
  return redis
}

export type Connection = ReturnType<typeof connectRedis>

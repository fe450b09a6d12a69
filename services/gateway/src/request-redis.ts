import { Redis, type RedisOptions } from 'ioredis'

export interface RequestRedisOptions {
  readonly url: string
  /** Longest wait for an answer in ms; the request is refused then. */
  readonly commandTimeoutMs?: number
  readonly onError?: (error: Error) => void
}

/** A connection for what requests wait for: a command fails soon, waits in no queue, and is never sent twice. */
export function openRequestRedis(
  { url, commandTimeoutMs = 50, onError = () => undefined }: RequestRedisOptions,
  scripts?: RedisOptions['scripts'],
): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    // Then the connection is dead, also where no FIN or RST ever tells of it: the next commands go over a new one.
    socketTimeout: 1_000,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    ...(scripts && { scripts }),
  })
  redis.on('error', onError)
  return redis
}

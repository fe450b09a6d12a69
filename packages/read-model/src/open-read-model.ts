import { createMemoryModel } from './memory/memory-model.ts'
import type { ReadModel } from './read-model.ts'
import { openRedisModel } from './redis/redis-model.ts'

export interface ReadModelSettings {
  /** Absent: the model is of this process alone, and empty at its start. */
  readonly redisUrl?: string | undefined
}

/** The read model as the settings say, for every process alike. `onError` is told of Redis being away. */
export function openReadModel({ redisUrl }: ReadModelSettings, onError: (error: Error) => void): ReadModel {
  return redisUrl ? openRedisModel({ address: { url: redisUrl }, onError }) : createMemoryModel()
}

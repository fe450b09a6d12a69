import type { Cutoff } from '../domain/revocation/cutoff.ts'
import { streams } from './streams.ts'

/**
 * The cut-offs of a user and of the environment, as streams: looked at in the transaction that makes something new of
 * something old, where no follower is late. What slipped through would be newer than the cut-off, and live on.
 */
export function cutoffStreams(environmentId: string, userId: string) {
  return {
    ofEnvironment: streams.cutoff(environmentId, 'environment', ''),
    ofUser: streams.cutoff(environmentId, 'user', userId),
  }
}

/** Whether what began at a time is cut off. */
export function isCutOff(since: Date | undefined, cutoffs: readonly Cutoff[]): boolean {
  return cutoffs.some((before) => before !== undefined && (!since || since <= before))
}

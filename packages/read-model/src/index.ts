export {
  type Answer,
  type CutoffSubject,
  createViewCache,
  type ViewCache,
  type ViewCacheOptions,
} from './cache.ts'
export { followKeyRings, type KeyRing, type KeyRings } from './key-rings.ts'
export { type Noun, nouns } from './keys.ts'
export { createMemoryModel } from './memory/memory-model.ts'
export { openReadModel, type ReadModelSettings } from './open-read-model.ts'
export { followPolicy, type PolicyViews, type UnknownView } from './policy-views.ts'
export { credentialProjection } from './projections/credential.ts'
export { policyProjection } from './projections/policy.ts'
export type { Parked, Projection } from './projections/projection.ts'
export { tokenProjection } from './projections/token.ts'
export { createProjector, PositionGap, type Projector, type ProjectorOptions } from './projector.ts'
export {
  type Batch,
  type Candidate,
  type Change,
  type Digest,
  type Entry,
  type Following,
  type Generation,
  type Outcome,
  type ReadModel,
  ReadModelUnavailable,
  type Snapshot,
  type Stored,
  type WholeMark,
} from './read-model.ts'
export { type RebuildOptions, type Rebuilt, rebuild } from './rebuild.ts'
export type { RedisAddress } from './redis/connections.ts'
export { openRedisModel, type RedisModelOptions } from './redis/redis-model.ts'
export type { Lookup } from './view-kinds.ts'
export type { WholeFollower, WholeFollowerOptions } from './whole-follower.ts'

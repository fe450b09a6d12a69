import type { TokenEvent } from '@gatehouse/contracts/events'
import type { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import { notFound } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, initialState, type KeyFacts, type KeyRing } from './key-ring.ts'

const { SIGNING_KEY_STATE_PUBLISHED: PUBLISHED, SIGNING_KEY_STATE_ACTIVE: ACTIVE } = SigningKeyState
const { SIGNING_KEY_STATE_RETIRED: RETIRED, SIGNING_KEY_STATE_REMOVED: REMOVED } = SigningKeyState

/** A key pair that was just made; its private part is sealed before the command is handled. */
export interface Candidate {
  readonly keyId: string
  readonly publicJwk: string
}

/** How long keys live, milliseconds. */
export interface Schedule {
  /** A key signs when it was published for so long. */
  readonly publishedMs: number
  /** A key that has signed for so long gets a successor. */
  readonly rotateMs: number
  /** A key that signs no more is kept for the longest life of a token. */
  readonly keepMs: number
}

interface Common {
  readonly environmentId: string
  readonly time: Date
}

/** Does what the schedule asks for by now; takes the candidate only where a new key is due. */
export interface MaintainKeyRing extends Common {
  readonly type: 'maintain'
  readonly algorithm: SigningAlgorithm
  readonly candidate: Candidate
  readonly schedule: Schedule
}

/** Publishes the candidate now; it takes over as the schedule says. */
export interface RotateSigningKey extends Common {
  readonly type: 'rotate'
  readonly algorithm: SigningAlgorithm
  readonly candidate: Candidate
}

/** A key that leaked: what it signed is refused. The candidate takes over at once where no other key can sign. */
export interface RemoveSigningKey extends Common {
  readonly type: 'remove'
  readonly keyId: string
  readonly reason: string
  readonly candidate: Candidate
}

export type KeyRingCommand = MaintainKeyRing | RotateSigningKey | RemoveSigningKey

function decide(command: KeyRingCommand, ring: KeyRing): readonly TokenEvent[] {
  switch (command.type) {
    case 'maintain':
      return maintain(command, ring)
    case 'rotate':
      return [published(command)]
    case 'remove':
      return remove(command, ring)
  }
}

export const keyRing: Decider<KeyRing, TokenEvent, KeyRingCommand> = { initialState, evolve, decide }

function maintain(command: MaintainKeyRing, { keys }: KeyRing): readonly TokenEvent[] {
  const { schedule, algorithm, time } = command
  const own = keys.filter((key) => key.algorithm === algorithm)
  const active = own.findLast(({ state }) => state === ACTIVE)
  const waiting = own.filter(({ state }) => state === PUBLISHED)
  const removals = own
    .filter(({ state, removeTime }) => state === RETIRED && removeTime !== undefined && removeTime <= time)
    .map((key) => removed(key, command, 'no token of it lives'))
  if (!active) {
    // Nothing to break: nobody holds a token of this algorithm, or its key was removed.
    const first = waiting[0]
    const start = first ? [activated(first, command)] : [published(command), activated(command.candidate, command)]
    return [...removals, ...start]
  }
  const ripe = waiting.find(({ publishTime }) => ageMs(publishTime, time) >= schedule.publishedMs)
  if (ripe) return [...removals, activated(ripe, command), retired(active, command)]
  const due = waiting.length === 0 && ageMs(active.activateTime, time) >= schedule.rotateMs
  return due ? [...removals, published(command)] : removals
}

function remove(command: RemoveSigningKey, { keys }: KeyRing): readonly TokenEvent[] {
  const key = keys.find(({ keyId }) => keyId === command.keyId)
  if (!key) throw notFound('signing_key', command.keyId)
  if (key.state === REMOVED) return []
  const gone = removed(key, command, command.reason)
  if (key.state !== ACTIVE) return [gone]
  const next = keys.find(({ state, algorithm }) => state === PUBLISHED && algorithm === key.algorithm)
  if (next) return [gone, activated(next, command)]
  const { candidate, environmentId, time } = command
  return [gone, published({ candidate, environmentId, time, algorithm: key.algorithm }), activated(candidate, command)]
}

function ageMs(from: Date | undefined, to: Date): number {
  return from ? to.getTime() - from.getTime() : Number.POSITIVE_INFINITY
}

function published(command: Omit<RotateSigningKey, 'type'>): TokenEvent {
  const { candidate, environmentId, algorithm, time } = command
  return {
    type: 'gatehouse.token.v1.SigningKeyPublished',
    data: { ...candidate, environmentId, algorithm, publishTime: time },
  }
}

function activated({ keyId }: Pick<KeyFacts, 'keyId'>, { environmentId, time }: Common): TokenEvent {
  return { type: 'gatehouse.token.v1.SigningKeyActivated', data: { keyId, environmentId, activateTime: time } }
}

function retired({ keyId }: KeyFacts, { environmentId, time, schedule }: MaintainKeyRing): TokenEvent {
  const removeTime = new Date(time.getTime() + schedule.keepMs)
  return { type: 'gatehouse.token.v1.SigningKeyRetired', data: { keyId, environmentId, retireTime: time, removeTime } }
}

function removed({ keyId }: KeyFacts, { environmentId, time }: Common, reason: string): TokenEvent {
  return { type: 'gatehouse.token.v1.SigningKeyRemoved', data: { keyId, environmentId, reason, removeTime: time } }
}

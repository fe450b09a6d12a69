import type { TokenEvent } from '@gatehouse/contracts/events'
import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { keyRing } from './decide.ts'

const given = givenFor(keyRing)
const algorithm = SigningAlgorithm.SIGNING_ALGORITHM_ES256
const environmentId = 'alpha'
const start = Date.UTC(2026, 0, 1)
const minutes = (count: number) => new Date(start + count * 60_000)
const candidate = (keyId: string) => ({ keyId, publicJwk: `{"kid":"${keyId}"}` })
const schedule = { publishedMs: 5 * 60_000, rotateMs: 60 * 60_000, keepMs: 30 * 60_000 }
const maintain = (time: Date, keyId = 'new') => {
  return { type: 'maintain', environmentId, algorithm, candidate: candidate(keyId), schedule, time } as const
}
const remove = (keyId: string, time: Date) => {
  return { type: 'remove', environmentId, keyId, reason: 'leaked', candidate: candidate('new'), time } as const
}

const published = (keyId: string, publishTime: Date): TokenEvent => ({
  type: 'gatehouse.token.v1.SigningKeyPublished',
  data: { ...candidate(keyId), environmentId, algorithm, publishTime },
})
const activated = (keyId: string, activateTime: Date): TokenEvent => ({
  type: 'gatehouse.token.v1.SigningKeyActivated',
  data: { keyId, environmentId, activateTime },
})
const retired = (keyId: string, retireTime: Date, removeTime: Date): TokenEvent => ({
  type: 'gatehouse.token.v1.SigningKeyRetired',
  data: { keyId, environmentId, retireTime, removeTime },
})
const removed = (keyId: string, removeTime: Date, reason = 'leaked'): TokenEvent => ({
  type: 'gatehouse.token.v1.SigningKeyRemoved',
  data: { keyId, environmentId, reason, removeTime },
})
const signing = [published('a', minutes(0)), activated('a', minutes(0))]

describe('the schedule', () => {
  test('the first key signs at once', () =>
    given([])
      .when(maintain(minutes(0)))
      .then([published('new', minutes(0)), activated('new', minutes(0))]))
  test('nothing is due', () =>
    given(signing)
      .when(maintain(minutes(59)))
      .then([]))
  test('an old key gets a successor, and signs on', () =>
    given(signing)
      .when(maintain(minutes(60)))
      .then([published('new', minutes(60))]))
  test('the successor waits until every cache of the JWKS knows it', () =>
    given([...signing, published('b', minutes(60))])
      .when(maintain(minutes(64)))
      .then([]))
  test('then it signs, and the old key is kept for its tokens', () =>
    given([...signing, published('b', minutes(60))])
      .when(maintain(minutes(65)))
      .then([activated('b', minutes(65)), retired('a', minutes(65), minutes(95))]))
  test('until the last of them is dead', () =>
    given([
      ...signing,
      published('b', minutes(60)),
      activated('b', minutes(65)),
      retired('a', minutes(65), minutes(95)),
    ])
      .when(maintain(minutes(95)))
      .then([removed('a', minutes(95), 'no token of it lives')]))
  test('a key of another algorithm is apart', () =>
    given(signing)
      .when({ ...maintain(minutes(1)), algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256 })
      .then([
        {
          type: 'gatehouse.token.v1.SigningKeyPublished',
          data: {
            ...candidate('new'),
            environmentId,
            algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256,
            publishTime: minutes(1),
          },
        },
        activated('new', minutes(1)),
      ]))
})

describe('on command', () => {
  test('a rotation publishes', () =>
    given(signing)
      .when({ type: 'rotate', environmentId, algorithm, candidate: candidate('b'), time: minutes(2) })
      .then([published('b', minutes(2))]))
  test('an active key is removed, and a new one signs at once', () =>
    given(signing)
      .when(remove('a', minutes(2)))
      .then([removed('a', minutes(2)), published('new', minutes(2)), activated('new', minutes(2))]))
  test('a successor that waits takes over', () =>
    given([...signing, published('b', minutes(1))])
      .when(remove('a', minutes(2)))
      .then([removed('a', minutes(2)), activated('b', minutes(2))]))
  test('a key that waits is removed', () =>
    given([...signing, published('b', minutes(1))])
      .when(remove('b', minutes(2)))
      .then([removed('b', minutes(2))]))
  test('removing twice changes nothing', () =>
    given([...signing, removed('a', minutes(1))])
      .when(remove('a', minutes(2)))
      .then([]))
  test('an unknown key is refused', () =>
    given(signing)
      .when(remove('x', minutes(2)))
      .thenRefused('SIGNING_KEY_NOT_FOUND'))
})

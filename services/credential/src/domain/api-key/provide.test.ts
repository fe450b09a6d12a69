import type { CredentialEvent } from '@gatehouse/contracts/events'
import { fold } from '@gatehouse/event-store'
import { describe, expect, test } from 'vitest'
import { client } from '../client/decide.ts'
import {
  clientRegistered,
  clientSuspended,
  hours,
  keyIssued,
  keyRevoked,
  keyRotated,
  subscriptionActivated,
  subscriptionCancelled,
  subscriptionCreated,
  subscriptionSuspended,
  time,
} from '../stories.fixture.ts'
import { subscription } from '../subscription/decide.ts'
import { apiKey } from './decide.ts'
import { activate, issueKey, rotateKey } from './provide.ts'

const owner = { clientId: 'acme', subscriptionId: 'sub1', time }
const issued = keyIssued()
const digest = new Uint8Array(32).fill(7)
const key = {
  ...{ apiKeyId: 'key1', displayName: 'CI', digest, restrictions: undefined, expireTime: undefined },
  imported: false,
}
const rotation = { predecessorId: 'key1', overlapMs: 3_600_000, key: { apiKeyId: 'key2', digest } }

const active = [subscriptionCreated, subscriptionActivated]
const states = (clientEvents: readonly CredentialEvent[], subscriptionEvents: readonly CredentialEvent[]) => ({
  client: fold(client, clientEvents),
  subscription: fold(subscription, subscriptionEvents),
  apiKey: undefined,
})
const keys = (predecessor: readonly CredentialEvent[]) => ({
  ...states([clientRegistered], active),
  predecessor: fold(apiKey, predecessor),
  successor: undefined,
})

describe('happens', () => {
  test('an active subscription gets a key of its client and environment', () =>
    expect(issueKey(states([clientRegistered], active), owner, key)).toEqual({ apiKey: [issued] }))

  test('activation provides the first key', () =>
    expect(activate(states([clientRegistered], [subscriptionCreated]), owner, key)).toEqual({
      subscription: [subscriptionActivated],
      apiKey: [issued],
    }))

  test('a successor has name, restrictions and end of its predecessor', () => {
    const { predecessor, successor } = rotateKey(keys([keyIssued(hours(9))]), owner, rotation)
    expect(predecessor).toEqual([keyRotated(hours(1))])
    const data = { ...keyIssued(hours(9)).data, apiKeyId: 'key2', predecessorId: 'key1' }
    expect(successor).toEqual([{ type: 'gatehouse.credential.v1.ApiKeyIssued', data }])
  })
})

describe('refused', () => {
  test.each([
    ['an unknown client', [], active, 'CLIENT_NOT_FOUND'],
    ['a suspended client', [clientRegistered, clientSuspended], active, 'CLIENT_SUSPENDED'],
    ['an unknown subscription', [clientRegistered], [], 'SUBSCRIPTION_NOT_FOUND'],
    ['a pending subscription', [clientRegistered], [subscriptionCreated], 'SUBSCRIPTION_NOT_ACTIVE'],
    ['a suspended one', [clientRegistered], [...active, subscriptionSuspended], 'SUBSCRIPTION_NOT_ACTIVE'],
    ['a cancelled one', [clientRegistered], [...active, subscriptionCancelled], 'SUBSCRIPTION_NOT_ACTIVE'],
  ])('a key for %s', (_, clientEvents, subscriptionEvents, reason) => {
    const found = states(clientEvents, subscriptionEvents)
    expect(() => issueKey(found, owner, key)).toThrow(expect.objectContaining({ reason }))
    const predecessor = fold(apiKey, [issued])
    expect(() => rotateKey({ ...found, predecessor, successor: undefined }, owner, rotation)).toThrow(
      expect.objectContaining({ reason }),
    )
  })

  test.each([
    ['of a suspended client', [clientRegistered, clientSuspended], [subscriptionCreated], 'CLIENT_SUSPENDED'],
    ['of an active subscription', [clientRegistered], active, 'SUBSCRIPTION_NOT_PENDING'],
    ['of an unknown subscription', [clientRegistered], [], 'SUBSCRIPTION_NOT_FOUND'],
  ])('activation %s', (_, clientEvents, subscriptionEvents, reason) =>
    expect(() => activate(states(clientEvents, subscriptionEvents), owner, key)).toThrow(
      expect.objectContaining({ reason }),
    ),
  )

  test.each([
    ['an unknown key', [], 'API_KEY_NOT_FOUND'],
    ['a revoked key', [issued, keyRevoked], 'API_KEY_REVOKED'],
    ['a rotated key', [issued, keyRotated(hours(1))], 'API_KEY_ROTATED'],
  ])('rotation of %s', (_, history, reason) =>
    expect(() => rotateKey(keys(history), owner, rotation)).toThrow(expect.objectContaining({ reason })),
  )
})

import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import {
  subscriptionActivated as activated,
  subscriptionCancelled as cancelled,
  subscriptionCreated as created,
  entitlement,
  subscriptionSuspended as suspended,
  time,
} from '../stories.fixture.ts'
import { subscription } from './decide.ts'

const given = givenFor(subscription)
const own = { subscriptionId: 'sub1', time }
const create = {
  type: 'create',
  ...own,
  environmentId: 'alpha',
  clientId: 'acme',
  apiId: 'orders',
  ...entitlement,
} as const
const activate = { type: 'activate', ...own } as const
const suspend = { type: 'suspend', ...own, reason: 'late' } as const
const resume = { type: 'resume', ...own } as const
const cancel = { type: 'cancel', ...own, reason: 'over' } as const
const change = { type: 'change', ...own, ...entitlement, planId: 'silver' } as const

const resumed: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionResumed',
  data: { subscriptionId: 'sub1', resumeTime: time },
}
const changed: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionChanged',
  data: { subscriptionId: 'sub1', ...entitlement, planId: 'silver', changeTime: time },
}

describe('happens', () => {
  test('created, pending', () => given([]).when(create).then([created]))
  test('activated', () => given([created]).when(activate).then([activated]))
  test('suspended', () => given([created, activated]).when(suspend).then([suspended]))
  test('resumed', () => given([created, activated, suspended]).when(resume).then([resumed]))
  test('cancelled while pending', () => given([created]).when(cancel).then([cancelled]))
  test('cancelled while suspended', () => given([created, activated, suspended]).when(cancel).then([cancelled]))
  test('changed', () => given([created, activated]).when(change).then([changed]))
  test('changed back', () =>
    given([created, changed])
      .when({ ...change, planId: 'gold' })
      .then([{ ...changed, data: { ...changed.data, planId: 'gold' } } as CredentialEvent]))
})

describe('changes nothing', () => {
  test('suspended twice', () => given([created, activated, suspended]).when(suspend).then([]))
  test('resumed while active', () => given([created, activated]).when(resume).then([]))
  test('cancelled twice', () => given([created, cancelled]).when(cancel).then([]))
  test('changed to what it is', () =>
    given([created])
      .when({ ...change, planId: 'gold' })
      .then([]))
})

describe('refused', () => {
  test('created twice', () => given([created]).when(create).thenRefused('SUBSCRIPTION_EXISTS'))
  test.each([activate, suspend, resume, cancel, change])('$type before it exists', (command) =>
    given([]).when(command).thenRefused('SUBSCRIPTION_NOT_FOUND'),
  )
  test.each([
    ['active', [created, activated]],
    ['suspended', [created, activated, suspended]],
    ['cancelled', [created, cancelled]],
  ])('activated while %s', (_, history) => given(history).when(activate).thenRefused('SUBSCRIPTION_NOT_PENDING'))
  test.each([suspend, resume])('$type while pending', (command) =>
    given([created]).when(command).thenRefused('SUBSCRIPTION_NOT_ACTIVE'),
  )
  test.each([suspend, resume, change])('$type after it was cancelled', (command) =>
    given([created, activated, cancelled]).when(command).thenRefused('SUBSCRIPTION_NOT_ACTIVE'),
  )
})

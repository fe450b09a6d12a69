import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { clientRegistered, clientResumed, clientSuspended, subscriptionCreated, time } from '../stories.fixture.ts'
import { client } from './decide.ts'

const given = givenFor(client)
const register = {
  type: 'register',
  clientId: 'acme',
  environmentId: 'alpha',
  displayName: 'Acme',
  registration: undefined,
  time,
} as const
const suspend = { type: 'suspend', clientId: 'acme', reason: 'unpaid', time } as const
const resume = { type: 'resume', clientId: 'acme', time } as const

describe('happens', () => {
  test('registered', () => given([]).when(register).then([clientRegistered]))
  test('suspended', () => given([clientRegistered]).when(suspend).then([clientSuspended]))
  test('resumed', () => given([clientRegistered, clientSuspended]).when(resume).then([clientResumed]))
})

describe('changes nothing', () => {
  test('suspended twice', () => given([clientRegistered, clientSuspended]).when(suspend).then([]))
  test('resumed while active', () => given([clientRegistered]).when(resume).then([]))
})

describe('refused', () => {
  test('registered twice', () => given([clientRegistered]).when(register).thenRefused('CLIENT_EXISTS'))
  test('registered again while suspended', () =>
    given([clientRegistered, clientSuspended]).when(register).thenRefused('CLIENT_EXISTS'))
  test('suspended before it exists', () => given([]).when(suspend).thenRefused('CLIENT_NOT_FOUND'))
  test('resumed before it exists', () => given([]).when(resume).thenRefused('CLIENT_NOT_FOUND'))
  test('events of other nouns make no client', () =>
    given([clientSuspended, subscriptionCreated]).when(resume).thenRefused('CLIENT_NOT_FOUND'))
})

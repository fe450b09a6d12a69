import type { CredentialEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { registration } from '../registration/registration.fixture.ts'
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
const remove = { type: 'delete', clientId: 'acme', time } as const
const change = { type: 'change_registration', clientId: 'acme', registration: registration(), time } as const

const deleted: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientDeleted',
  data: { clientId: 'acme', deleteTime: time },
}
const changed = (to: ReturnType<typeof registration> | undefined, displayName = 'Acme'): CredentialEvent => ({
  type: 'gatehouse.credential.v1.ClientRegistrationChanged',
  data: { clientId: 'acme', registration: to, displayName, changeTime: time },
})
const dynamic = registration({ registrationTokenDigest: new Uint8Array(32).fill(3) })

describe('happens', () => {
  test('registered', () => given([]).when(register).then([clientRegistered]))
  test('suspended', () => given([clientRegistered]).when(suspend).then([clientSuspended]))
  test('resumed', () => given([clientRegistered, clientSuspended]).when(resume).then([clientResumed]))
  test('made an OAuth client, with another name', () =>
    given([clientRegistered])
      .when({ ...change, displayName: 'Shop' })
      .then([changed(registration(), 'Shop')]))
  test('made no OAuth client any more, keeping its name', () =>
    given([clientRegistered, changed(registration())])
      .when({ ...change, registration: undefined, displayName: '' })
      .then([changed(undefined)]))
  test('changed, keeping the access token of its registration', () =>
    given([clientRegistered, changed(dynamic)])
      .when({ ...change, registration: registration({ consentImplied: true }), displayName: '' })
      .then([changed({ ...dynamic, consentImplied: true })]))
  test('deleted', () => given([clientRegistered, clientSuspended]).when(remove).then([deleted]))
})

describe('changes nothing', () => {
  test('suspended twice', () => given([clientRegistered, clientSuspended]).when(suspend).then([]))
  test('resumed while active', () => given([clientRegistered]).when(resume).then([]))
  test('changed to what it is', () =>
    given([clientRegistered, changed(registration())])
      .when({ ...change, displayName: 'Acme' })
      .then([]))
  test('deleted twice', () => given([clientRegistered, deleted]).when(remove).then([]))
})

describe('refused', () => {
  test('registered twice', () => given([clientRegistered]).when(register).thenRefused('CLIENT_EXISTS'))
  test('registered again while suspended', () =>
    given([clientRegistered, clientSuspended]).when(register).thenRefused('CLIENT_EXISTS'))
  test('registered again after it was deleted', () =>
    given([clientRegistered, deleted]).when(register).thenRefused('CLIENT_EXISTS'))
  test.each([suspend, resume, { ...change, displayName: '' }])('$type after it was deleted', (command) =>
    given([clientRegistered, deleted]).when(command).thenRefused('CLIENT_DELETED'),
  )
  test('deleted before it exists', () => given([]).when(remove).thenRefused('CLIENT_NOT_FOUND'))
  test('suspended before it exists', () => given([]).when(suspend).thenRefused('CLIENT_NOT_FOUND'))
  test('resumed before it exists', () => given([]).when(resume).thenRefused('CLIENT_NOT_FOUND'))
  test('events of other nouns make no client', () =>
    given([clientSuspended, subscriptionCreated]).when(resume).thenRefused('CLIENT_NOT_FOUND'))
})

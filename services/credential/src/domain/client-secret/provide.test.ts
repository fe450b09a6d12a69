import { ClientAuthenticationMethod } from '@gatehouse/contracts/credential/v1/client_registration'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import type { GatehouseError } from '@gatehouse/errors'
import { expect, test } from 'vitest'
import { client } from '../client/decide.ts'
import { registration } from '../registration/registration.fixture.ts'
import { clientSuspended, time } from '../stories.fixture.ts'
import { issueSecret } from './provide.ts'

const secret = { clientSecretId: 's1', clientId: 'acme', digest: new Uint8Array(32), displayName: '', time }
const issue = (...history: readonly CredentialEvent[]) => {
  const states = { client: history.reduce(client.evolve, undefined), clientSecret: undefined }
  try {
    return issueSecret(states, { ...secret, expireTime: undefined }).clientSecret.map(({ type }) => type)
  } catch (error) {
    return (error as GatehouseError).reason
  }
}
const registered = (of: ReturnType<typeof registration> | undefined): CredentialEvent => ({
  type: 'gatehouse.credential.v1.ClientRegistered',
  data: { clientId: 'acme', environmentId: 'alpha', displayName: 'Acme', registerTime: time, registration: of },
})
const deleted: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientDeleted',
  data: { clientId: 'acme', deleteTime: time },
}
const NONE = ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_NONE

test('a client that proves itself with a secret gets one, and further ones', () =>
  expect(issue(registered(registration()))).toEqual(['gatehouse.credential.v1.ClientSecretIssued']))

test.each([
  ['no client', [], 'CLIENT_NOT_FOUND'],
  ['a client without OAuth', [registered(undefined)], 'CLIENT_USES_NO_SECRET'],
  ['a public client', [registered(registration({ tokenEndpointAuthMethod: NONE }))], 'CLIENT_USES_NO_SECRET'],
  ['a suspended client', [registered(registration()), clientSuspended], 'CLIENT_SUSPENDED'],
  ['a deleted client', [registered(registration()), deleted], 'CLIENT_DELETED'],
])('%s gets none', (_, history, reason) => expect(issue(...history)).toBe(reason))

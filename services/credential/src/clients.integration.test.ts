import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { credentialEvents, decodeEvent } from '@gatehouse/contracts/events'
import { digestSecret, parseSecret } from '@gatehouse/credential-format'
import { sharedDatabase } from '@gatehouse/testkit'
import { expect, test } from 'vitest'
import { registration } from './domain/registration/registration.fixture.ts'
import { as, console, id, log, refused, serveOn } from './running-service.fixture.ts'

serveOn(sharedDatabase)

async function registered(of = registration()) {
  const clientId = `client-${id()}`
  const named = { environmentId: 'alpha', clientId, displayName: 'Shop' }
  const answer = await console.registerClient({ requestId: id(), ...named, registration: of })
  return { clientId, ...answer }
}

const issue = (clientId: string, requestId: string = id()) =>
  console.issueClientSecret({ requestId, clientId, displayName: 'CI', expireTime: undefined })

test('a client keeps its registration, changes it and loses it', async () => {
  const { clientId, client } = await registered()
  expect(client?.registration).toMatchObject({ grantTypes: ['authorization_code', 'refresh_token'] })
  const next = registration({ redirectUris: ['https://shop.example/other'] })
  const change = { clientId, displayName: '', expectedVersion: 1n }
  await console.changeClientRegistration({ requestId: id(), ...change, registration: next })
  expect((await console.getClient({ clientId })).client).toMatchObject({
    ...{ displayName: 'Shop', version: 2n },
    registration: { redirectUris: ['https://shop.example/other'] },
  })
  const late = console.changeClientRegistration({ requestId: id(), ...change, registration: undefined })
  await expect(late).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' })
  await console.changeClientRegistration({ requestId: id(), clientId, displayName: 'No', registration: undefined })
  expect((await console.getClient({ clientId })).client).toMatchObject({ displayName: 'No', registration: undefined })
})

test('a wrong registration is refused, naming each field', async () => {
  const wrong = registration({ redirectUris: ['http://shop.example/'], grantTypes: ['implicit'] })
  await expect(registered(wrong)).rejects.toMatchObject({
    status: 'INVALID_ARGUMENT',
    violations: [{ field: 'registration.grant_types[0]' }, { field: 'registration.redirect_uris[0]' }],
  })
})

test('several secrets are active at once; each is shown once and kept as its digest', async () => {
  const { clientId } = await registered()
  const first = await issue(clientId)
  const requestId = id()
  const second = await issue(clientId, requestId)
  expect((await issue(clientId, requestId)).clientSecretText).toBe('')
  const parsed = parseSecret('client_secret', second.clientSecretText)
  expect(parsed).toMatchObject({ kind: 'own', environmentId: 'alpha', id: second.clientSecret?.clientSecretId })
  const events = []
  for await (const batch of log.readEvents({ afterPosition: second.position - 1n, untilHead: true })) {
    events.push(...batch.events)
  }
  expect(decodeEvent(credentialEvents, events[0]!)).toMatchObject({
    type: 'gatehouse.credential.v1.ClientSecretIssued',
    data: { clientId, digest: Buffer.from(digestSecret(second.clientSecretText)) },
  })
  const clientSecretId = first.clientSecret?.clientSecretId ?? ''
  await console.expireClientSecret({ requestId: id(), clientSecretId, expireTime: new Date('2030-01-01') })
  await console.revokeClientSecret({ requestId: id(), clientSecretId, reason: 'leaked' })
  const { clientSecrets } = await console.listClientSecrets({ clientId })
  expect(clientSecrets.map(({ state }) => state).sort()).toEqual([1, 2])
  expect(clientSecrets.find((secret) => secret.clientSecretId === clientSecretId)).toMatchObject({
    ...{ state: 2, version: 3n, expireTime: new Date('2030-01-01'), revokeTime: expect.any(Date) },
  })
  await expect(console.listClientSecrets({ clientId: 'nope' })).rejects.toEqual(
    refused('NOT_FOUND', 'CLIENT_NOT_FOUND'),
  )
})

test('a deleted client gets nothing new and never comes back', async () => {
  const { clientId } = await registered()
  await console.deleteClient({ requestId: id(), clientId })
  expect((await console.getClient({ clientId })).client?.state).toBe(ClientState.CLIENT_STATE_DELETED)
  const deleted = refused('FAILED_PRECONDITION', 'CLIENT_DELETED')
  await expect(issue(clientId)).rejects.toEqual(deleted)
  await expect(console.resumeClient({ requestId: id(), clientId })).rejects.toEqual(deleted)
  const order = { clientId, apiId: 'orders', planId: 'gold', operations: [], scopes: [] }
  await expect(console.createSubscription({ requestId: id(), ...order })).rejects.toEqual(deleted)
})

test('the gateway and the token service may not make secrets', async () => {
  const denied = refused('PERMISSION_DENIED', 'CALLER_NOT_ALLOWED')
  for (const name of ['gateway', 'token']) {
    const { credential } = await as(name)
    const request = { requestId: id(), clientId: 'a', displayName: '', expireTime: undefined }
    await expect(credential.issueClientSecret(request)).rejects.toEqual(denied)
  }
})

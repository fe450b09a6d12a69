import { sharedDatabase } from '@gatehouse/testkit'
import { describe, expect, test } from 'vitest'
import { as, console, id, issued, refused, revoke, serveOn, subscribed } from './running-service.fixture.ts'

serveOn(sharedDatabase)

describe('refused', () => {
  test('a stale version, with ABORTED', async () => {
    const { subscriptionId } = await subscribed()
    const { apiKeyId } = await issued(subscriptionId)
    await expect(revoke(apiKeyId, id(), 7n)).rejects.toMatchObject({
      ...{ status: 'ABORTED', reason: 'VERSION_CONFLICT', metadata: { expected: '7', actual: '1' } },
    })
    await revoke(apiKeyId, id(), 1n)
  })

  test('a request with wrong fields, naming each', async () => {
    const register = {
      requestId: '',
      environmentId: 'Alpha!',
      clientId: 'A B',
      displayName: '',
      registration: undefined,
    }
    await expect(console.registerClient(register)).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: [{ field: 'request_id' }, { field: 'environment_id' }, { field: 'client_id' }],
    })
    const list = { environmentId: '', pageSize: 0, pageToken: '%%%' }
    await expect(console.listClients(list)).rejects.toMatchObject({ violations: [{ field: 'page_token' }] })
  })

  test('what does not exist, with NOT_FOUND', async () => {
    const missing = refused('NOT_FOUND', 'API_KEY_NOT_FOUND')
    await expect(revoke('nope')).rejects.toEqual(missing)
    await expect(console.getApiKey({ apiKeyId: 'nope' })).rejects.toEqual(missing)
    await expect(issued('nope')).rejects.toEqual(refused('NOT_FOUND', 'SUBSCRIPTION_NOT_FOUND'))
    const order = { clientId: 'nope', apiId: 'a', planId: 'p', operations: [], scopes: [] }
    const created = console.createSubscription({ requestId: id(), ...order })
    await expect(created).rejects.toEqual(refused('NOT_FOUND', 'CLIENT_NOT_FOUND'))
  })

  test('a key for a suspended client or a cancelled subscription', async () => {
    const { clientId, subscriptionId } = await subscribed()
    await console.suspendClient({ requestId: id(), clientId, reason: '' })
    await expect(issued(subscriptionId)).rejects.toEqual(refused('FAILED_PRECONDITION', 'CLIENT_SUSPENDED'))
    await console.resumeClient({ requestId: id(), clientId })
    await console.cancelSubscription({ requestId: id(), subscriptionId, reason: '' })
    const cancelled = refused('FAILED_PRECONDITION', 'SUBSCRIPTION_NOT_ACTIVE')
    await expect(issued(subscriptionId)).rejects.toEqual(cancelled)
  })

  test('callers that have no business here', async () => {
    const [gateway, audit] = await Promise.all([as('gateway'), as('audit')])
    const denied = refused('PERMISSION_DENIED', 'CALLER_NOT_ALLOWED')
    await expect(gateway.credential.getApiKey({ apiKeyId: 'a' })).rejects.toEqual(denied)
    await expect(audit.credential.getApiKey({ apiKeyId: 'a' })).rejects.toEqual(denied)
    await expect(audit.log.getHead({})).rejects.toEqual(denied)
    expect(await gateway.log.getHead({})).toMatchObject({ position: expect.any(BigInt) })
  })
})

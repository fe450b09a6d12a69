import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase, sharedRedis, startTcpProxy, type TcpProxy, waitFor } from '@gatehouse/testkit'
import { afterAll, expect, test } from 'vitest'
import type { GivenClient } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'

let redis: TcpProxy

/** A token service whose read model is in Redis, through a link that can be cut. */
const given = authorizationServerOn(sharedDatabase, async () => {
  const url = await sharedRedis()
  redis = await startTcpProxy({ to: url })
  return { GATEHOUSE_REDIS_URL: Object.assign(new URL(url), { host: redis.address }).href }
})
afterAll(() => redis.stop())

const ask = async ({ authorization }: GivenClient, service = given.service) => {
  const endpoint = Endpoint.fromPartial({ environmentId: 'alpha', authorization })
  const parameters = [{ name: 'grant_type', value: 'client_credentials' }]
  const answer = await service.calls.issueToken({ endpoint, parameters })
  return answer.facts?.reason
}

test('while Redis is away a client that was not asked for yet is neither known nor unknown, and known again after', async () => {
  const asked = await given.client('confidential')
  expect(await ask(asked)).toBe('ok')
  const unasked = await given.client('confidential')
  await redis.cut()
  await expect(ask(unasked)).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'READ_MODEL_UNAVAILABLE' })
  expect(await ask(asked)).toBe('ok')
  await redis.heal()
  await waitFor(async () => (await ask(unasked).catch(() => 'away')) === 'ok', { what: 'the client is known' })
})

test('another instance knows what the first one has folded', async () => {
  const client = await given.client('confidential')
  expect(await ask(client, await given.another())).toBe('ok')
})

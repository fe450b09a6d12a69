import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase } from '@gatehouse/testkit'
import { expect, test } from 'vitest'
import { confidentialIn, publicIn } from '../../../test/other-services.ts'
import { authorizationServerOn } from '../../../test/running-server.ts'

const given = authorizationServerOn(sharedDatabase)

async function reasonFor(clientId: string, authorization = '') {
  const endpoint = Endpoint.fromPartial({ environmentId: 'alpha', authorization })
  const parameters = [{ name: 'grant_type', value: 'client_credentials' }]
  if (authorization === '') parameters.push({ name: 'client_id', value: clientId })
  return (await given.service.calls.issueToken({ endpoint, parameters })).facts?.reason
}

test('a client is known to the first request after its registration, each time', async () => {
  for (let time = 0; time < 20; time++) {
    const { clientId, authorization } = confidentialIn(given.logs, `new-${time}`)
    expect(await reasonFor(clientId, authorization)).toBe('ok')
    const open = publicIn(given.logs, `new-public-${time}`, {})
    expect(await reasonFor(open.clientId)).not.toBe('client_unknown')
  }
})

test('who is not registered stays unknown', async () => {
  expect(await reasonFor('nobody')).toBe('client_unknown')
})

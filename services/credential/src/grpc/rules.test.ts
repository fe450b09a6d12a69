import type { ApiKeyRestrictions } from '@gatehouse/contracts/credential/v1/api_key'
import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import type { GatehouseError } from '@gatehouse/errors'
import { validate } from '@gatehouse/grpc-service'
import { describe, expect, test } from 'vitest'
import * as rules from './rules.ts'

/** The fields that are refused. */
function wrong(check: () => void): string[] {
  try {
    check()
  } catch (error) {
    return (error as GatehouseError).violations.map(({ field }) => field)
  }
  return []
}

const valid = rpc.IssueApiKeyRequest.fromPartial({ requestId: 'r', subscriptionId: 's' })
const issue = (request: Partial<rpc.IssueApiKeyRequest>) =>
  wrong(() => validate(rules.issueApiKey, { ...valid, ...request }))
const restricted = (lists: Partial<ApiKeyRestrictions>) =>
  issue({ restrictions: { cidrs: [], operations: [], scopes: [], ...lists } })

test('every wrong field is named at once, by its proto path', () => {
  const request = { requestId: '', subscriptionId: 'A', displayName: 'a\nb', expireTime: new Date(Number.NaN) }
  const restrictions = { cidrs: ['10.0.0.0/8', '10.0.0.1/8'], operations: [], scopes: ['a b'] }
  expect(issue({ ...request, restrictions })).toEqual([
    'request_id',
    'subscription_id',
    'display_name',
    'restrictions.cidrs[1]',
    'restrictions.scopes[0]',
    'expire_time',
  ])
})

test('what is right is taken', () => {
  const restrictions = {
    cidrs: ['0.0.0.0/0', '2001:db8::/32'],
    operations: ['GET:/orders'],
    scopes: ['a:b'],
  }
  expect(issue({ displayName: 'Schlüssel №1', expireTime: new Date('2030-01-01'), restrictions })).toEqual([])
})

describe('refused', () => {
  test.each(['', ' ', 'a b', 'ä', 'a\n', 'x'.repeat(129)])('request id %j', (requestId) =>
    expect(issue({ requestId })).toEqual(['request_id']),
  )
  test.each(['', 'A', 'a b', '../a', 'x'.repeat(65), '__proto__x\0'])('id %j', (subscriptionId) =>
    expect(issue({ subscriptionId })).toEqual(['subscription_id']),
  )
  test.each([
    '10.0.0.1',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '300.0.0.0/8',
    '010.0.0.0/8',
    '::/129',
    'fe80::%eth0/64',
    '/8',
    '',
  ])('range %j', (cidr) => expect(restricted({ cidrs: [cidr] })).toEqual(['restrictions.cidrs[0]']))
  test.each(['', 'a b', 'a"b', 'a\\b', 'é'])('scope %j', (scope) =>
    expect(restricted({ scopes: [scope] })).toEqual(['restrictions.scopes[0]']),
  )
  test('an entry that is there twice', () =>
    expect(restricted({ scopes: ['a', 'b', 'a'] })).toEqual(['restrictions.scopes[2]']))
  test('too many entries', () =>
    expect(restricted({ operations: Array.from({ length: 1001 }, (_, index) => `op${index}`) })).toEqual([
      'restrictions.operations',
    ]))
  test.each([31, 33, 0, 64])('a digest of %i bytes', (size) => {
    const digest = new Uint8Array(size)
    const request = rpc.ImportApiKeyRequest.fromPartial({ requestId: 'r', subscriptionId: 's', digest })
    expect(wrong(() => validate(rules.importApiKey, request))).toEqual(['digest'])
  })
  test.each([
    { seconds: -1n, nanos: 0 },
    { seconds: 2_592_001n, nanos: 0 },
    { seconds: 2_592_000n, nanos: 1 },
    { seconds: 0n, nanos: -1 },
    { seconds: 1n << 62n, nanos: 0 },
  ])('an overlap of $seconds s $nanos ns', (overlap) => {
    const request = rpc.RotateApiKeyRequest.fromPartial({ requestId: 'r', apiKeyId: 'k', overlap })
    expect(wrong(() => validate(rules.rotateApiKey, request))).toEqual(['overlap'])
  })
  test('a negative version', () => {
    const request = rpc.RevokeApiKeyRequest.fromPartial({ requestId: 'r', apiKeyId: 'k', expectedVersion: -1n })
    expect(wrong(() => validate(rules.revokeApiKey, request))).toEqual(['expected_version'])
  })
  test('a use without a time', () => {
    const uses = [
      { apiKeyId: 'k', lastUseTime: new Date() },
      { apiKeyId: 'K', lastUseTime: undefined },
    ]
    const request = { uses }
    expect(wrong(() => validate(rules.recordApiKeyUse, request))).toEqual([
      'uses[1].api_key_id',
      'uses[1].last_use_time',
    ])
  })
  test.each([-1, 1001])('a page of %i', (pageSize) => {
    const request = rpc.ListClientsRequest.fromPartial({ pageSize })
    expect(wrong(() => validate(rules.listClients, request))).toEqual(['page_size'])
  })
})

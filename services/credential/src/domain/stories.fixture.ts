import type { CredentialEvent } from '@gatehouse/contracts/events'
import type { IssueApiKey } from './api-key/decide.ts'

/** Noon of a day, and times around it. */
export const time = new Date('2026-11-23T12:00:00Z')
export const hours = (count: number) => new Date(time.getTime() + count * 3_600_000)

export const clientRegistered: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientRegistered',
  data: { clientId: 'acme', environmentId: 'alpha', displayName: 'Acme', registration: undefined, registerTime: time },
}
export const clientSuspended: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientSuspended',
  data: { clientId: 'acme', reason: 'unpaid', suspendTime: time },
}
export const clientResumed: CredentialEvent = {
  type: 'gatehouse.credential.v1.ClientResumed',
  data: { clientId: 'acme', resumeTime: time },
}

export const entitlement = { planId: 'gold', operations: ['listOrders'], scopes: ['orders.read'] }

export const subscriptionCreated: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionCreated',
  data: {
    ...{ subscriptionId: 'sub1', environmentId: 'alpha', clientId: 'acme', apiId: 'orders', ...entitlement },
    createTime: time,
  },
}
export const subscriptionActivated: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionActivated',
  data: { subscriptionId: 'sub1', activateTime: time },
}
export const subscriptionSuspended: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionSuspended',
  data: { subscriptionId: 'sub1', reason: 'late', suspendTime: time },
}
export const subscriptionCancelled: CredentialEvent = {
  type: 'gatehouse.credential.v1.SubscriptionCancelled',
  data: { subscriptionId: 'sub1', reason: 'over', cancelTime: time },
}

const digest = new Uint8Array(32).fill(7)
const keyFacts = {
  ...{ environmentId: 'alpha', clientId: 'acme', subscriptionId: 'sub1', displayName: 'CI', digest },
  ...{ restrictions: undefined, predecessorId: '', imported: false },
}

export const issueCommand: IssueApiKey & { apiKeyId: string; time: Date } = {
  type: 'issue',
  apiKeyId: 'key1',
  time,
  ...keyFacts,
  expireTime: undefined,
}

/** The first event of a key; one that expires, or not. */
export function keyIssued(expireTime?: Date): CredentialEvent {
  const data = { apiKeyId: 'key1', ...keyFacts, issueTime: time, expireTime }
  return { type: 'gatehouse.credential.v1.ApiKeyIssued', data }
}
export const keySuspended: CredentialEvent = {
  type: 'gatehouse.credential.v1.ApiKeySuspended',
  data: { apiKeyId: 'key1', reason: 'look into it', suspendTime: time },
}
export const keyRevoked: CredentialEvent = {
  type: 'gatehouse.credential.v1.ApiKeyRevoked',
  data: { apiKeyId: 'key1', reason: 'leaked', revokeTime: time },
}
export function keyRotated(overlapEndTime: Date): CredentialEvent {
  const data = { apiKeyId: 'key1', successorId: 'key2', rotateTime: time, overlapEndTime }
  return { type: 'gatehouse.credential.v1.ApiKeyRotated', data }
}

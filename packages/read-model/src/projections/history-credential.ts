import { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import type { Choice, Chosen, Streams } from './history.ts'

const credentialStreams = [
  ['client', clientEvents],
  ['subscription', subscriptionEvents],
  ['api_key', apiKeyEvents],
  ['client_secret', clientSecretEvents],
  ['initial_access_token', initialAccessTokenEvents],
] as const

/** A valid next event of the credential log. */
export function credentialEvent(choice: Choice, streams: Streams<CredentialEvent>): Chosen<CredentialEvent> {
  const [noun, make] = credentialStreams[choice.noun % credentialStreams.length] ?? credentialStreams[0]
  const stream = `${noun}-${choice.id}`
  const [first, ...rest] = make(String(choice.id), new Date(choice.time), choice.words)
  const event = streams.has(stream) ? rest[choice.event % rest.length] : first
  if (!event) throw new Error('no event to choose')
  return [stream, event]
}

function clientEvents(clientId: string, time: Date, [reason = '']: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Client'
  const registration = reason === '' ? undefined : { ...ClientRegistration.create(), redirectUris: [reason] }
  const about = { clientId, displayName: reason, registration }
  return [
    { type: `${type}Registered`, data: { ...about, environmentId: 'alpha', registerTime: time } },
    { type: `${type}Suspended`, data: { clientId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { clientId, resumeTime: time } },
    { type: `${type}RegistrationChanged`, data: { ...about, changeTime: time } },
    { type: `${type}Deleted`, data: { clientId, deleteTime: time } },
  ]
}

function clientSecretEvents(clientSecretId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.ClientSecret'
  const [reason = ''] = words
  const owner = { environmentId: 'alpha', clientId: `c${Number(clientSecretId) % 2}` }
  const expireTime = words.length > 1 ? time : undefined
  const digest = new Uint8Array(32).fill(Number(clientSecretId))
  return [
    {
      type: `${type}Issued`,
      data: { clientSecretId, ...owner, displayName: reason, digest, issueTime: time, expireTime },
    },
    { type: `${type}Revoked`, data: { clientSecretId, clientId: owner.clientId, reason, revokeTime: time } },
    { type: `${type}ExpirationChanged`, data: { clientSecretId, expireTime, changeTime: time } },
  ]
}

function initialAccessTokenEvents(initialAccessTokenId: string, time: Date): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.InitialAccessToken'
  const about = { initialAccessTokenId, environmentId: 'alpha', displayName: '', digest: new Uint8Array(32) }
  return [
    { type: `${type}Issued`, data: { ...about, issueTime: time, expireTime: undefined, clientsMax: 9 } },
    { type: `${type}Used`, data: { initialAccessTokenId, clientId: '1', useTime: time } },
    { type: `${type}Revoked`, data: { initialAccessTokenId, reason: '', revokeTime: time } },
  ]
}

function subscriptionEvents(subscriptionId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.Subscription'
  const terms = { planId: words[0] ?? '', operations: words, scopes: words.toReversed() }
  const owner = { environmentId: 'alpha', clientId: '1', apiId: `a${Number(subscriptionId) % 2}` }
  const [reason = ''] = words
  return [
    { type: `${type}Created`, data: { subscriptionId, ...owner, ...terms, createTime: time } },
    { type: `${type}Activated`, data: { subscriptionId, activateTime: time } },
    { type: `${type}Suspended`, data: { subscriptionId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { subscriptionId, resumeTime: time } },
    { type: `${type}Cancelled`, data: { subscriptionId, reason, cancelTime: time } },
    { type: `${type}Changed`, data: { subscriptionId, ...terms, changeTime: time } },
  ]
}

function apiKeyEvents(apiKeyId: string, time: Date, words: readonly string[]): CredentialEvent[] {
  const type = 'gatehouse.credential.v1.ApiKey'
  const [reason = ''] = words
  const restrictions = { cidrs: words, operations: words.toReversed(), scopes: [] }
  const expireTime = words.length > 1 ? time : undefined
  const issued = {
    ...{ apiKeyId, environmentId: 'alpha', clientId: '1', subscriptionId: '1', displayName: reason },
    ...{ digest: new Uint8Array(32).fill(Number(apiKeyId)), predecessorId: '', imported: words.length === 1 },
    ...{ restrictions, issueTime: time, expireTime },
  }
  return [
    { type: `${type}Issued`, data: issued },
    { type: `${type}Rotated`, data: { apiKeyId, successorId: reason, rotateTime: time, overlapEndTime: time } },
    { type: `${type}Suspended`, data: { apiKeyId, reason, suspendTime: time } },
    { type: `${type}Resumed`, data: { apiKeyId, resumeTime: time } },
    { type: `${type}Revoked`, data: { apiKeyId, reason, revokeTime: time } },
    { type: `${type}ExpirationChanged`, data: { apiKeyId, expireTime, changeTime: time } },
    { type: `${type}RestrictionsChanged`, data: { apiKeyId, restrictions, changeTime: time } },
  ]
}

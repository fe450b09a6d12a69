import { randomBytes } from 'node:crypto'
import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Issuer, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { digestSecret, encodeBase32, mintSecret, secretBytes, secretIdBytes } from '@gatehouse/credential-format'
import type { TestLog, TestLogs } from '@gatehouse/decision-state/testing'
import { createLogger, devCertificates, grpcService, startGrpcService } from '@gatehouse/grpc-service'

// What the credential and the policy service would say, by gRPC.

export const issuerUrl = 'https://id.example'
export const redirectUri = 'https://app.example/cb'

const { CLIENT_AUTHENTICATION_METHOD_NONE: NONE } = ClientAuthenticationMethod
const { CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC: BASIC } = ClientAuthenticationMethod

/** A client with a subscription to `orders`. */
export interface GivenClient {
  readonly clientId: string
  readonly subscriptionId: string
  /** Authorization header of its token requests; empty for a public client. */
  readonly authorization: string
  readonly clientSecretId: string
}

export function publicIn(
  { credential }: TestLogs,
  clientId: string,
  registration: Partial<ClientRegistration> = {},
): GivenClient {
  registerIn(credential, clientId, { tokenEndpointAuthMethod: NONE, ...registration })
  return {
    clientId,
    subscriptionId: subscribeIn(credential, clientId, 'orders'),
    authorization: '',
    clientSecretId: '',
  }
}

export function confidentialIn(
  logs: TestLogs,
  clientId: string,
  registration: Partial<ClientRegistration> = {},
): GivenClient {
  registerIn(logs.credential, clientId, { tokenEndpointAuthMethod: BASIC, ...registration })
  return { clientId, subscriptionId: subscribeIn(logs.credential, clientId, 'orders'), ...secretIn(logs, clientId) }
}

/** A further secret of a client. */
export function secretIn({ credential }: TestLogs, clientId: string) {
  const clientSecretId = encodeBase32(randomBytes(secretIdBytes))
  const parts = { environmentId: 'alpha', id: clientSecretId, secret: randomBytes(secretBytes) }
  const secret = mintSecret('client_secret', parts)
  const owner = { clientSecretId, environmentId: 'alpha', clientId, displayName: '' }
  credential.append(`client_secret-${clientSecretId}`, {
    type: 'gatehouse.credential.v1.ClientSecretIssued',
    data: { ...owner, digest: digestSecret(secret), issueTime: new Date(), expireTime: undefined },
  })
  return { clientSecretId, authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` }
}

const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials']

export function registerIn(log: TestLog, clientId: string, registration: Partial<ClientRegistration>): void {
  const full = { ...ClientRegistration.create(), grantTypes, redirectUris: [redirectUri], ...registration }
  const data = { clientId, environmentId: 'alpha', displayName: `The ${clientId}`, registerTime: new Date() }
  log.append(`client-${clientId}`, {
    type: 'gatehouse.credential.v1.ClientRegistered',
    data: { ...data, registration: full },
  })
}

function subscribeIn(log: TestLog, clientId: string, apiId: string): string {
  const subscriptionId = `${clientId}-${apiId}`
  const owner = { subscriptionId, environmentId: 'alpha', clientId, apiId, planId: 'gold' }
  const data = { ...owner, operations: [], scopes: ['orders.read', 'orders.write'], createTime: new Date() }
  const stream = `subscription-${subscriptionId}`
  log.append(stream, { type: 'gatehouse.credential.v1.SubscriptionCreated', data })
  const activated = { subscriptionId, activateTime: new Date() }
  log.append(stream, { type: 'gatehouse.credential.v1.SubscriptionActivated', data: activated })
  return subscriptionId
}

export function publishAlpha(log: TestLog): void {
  const issuer = { ...Issuer.create(), url: issuerUrl, localUsers: true }
  const environment = { ...Environment.create(), environmentId: 'alpha', hosts: ['id.example'], issuer }
  const putTime = new Date()
  log.append('environment-alpha', { type: 'gatehouse.policy.v1.EnvironmentPut', data: { environment, putTime } })
  const scopes = [
    { name: 'orders.read', description: 'Read your orders' },
    { name: 'orders.write', description: 'Place orders' },
  ]
  const tokens = { ...TokenSettings.create(), scopes, authorizationDetailTypes: ['order'] }
  for (const apiId of ['orders', 'billing']) {
    const published = { apiId, environmentId: 'alpha', state: ApiState.API_STATE_PUBLISHED, tokens }
    const data = { api: { ...Api.create(), ...published }, publishTime: new Date() }
    log.append(`api-alpha.${apiId}`, { type: 'gatehouse.policy.v1.ApiPublished', data })
  }
}

export async function serveLog(name: 'credential' | 'policy', log: TestLog, dataDir: string) {
  const readers = ['token']
  const service = grpcService({
    definition: EventLogServiceService,
    handlers: { readEvents: log.readEvents, getHead: (request) => log.getHead(request, { deadlineMs: 1000 }) },
    roles: { readEvents: readers, getHead: readers },
  })
  const tls = await devCertificates(dataDir, name)
  const logger = createLogger(name, { write: () => undefined })
  return startGrpcService({ name, address: '127.0.0.1:0', tls, services: [service], logger, drainMs: 100 })
}

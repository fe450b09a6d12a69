import type { ApiKeyRestrictions } from '@gatehouse/contracts/credential/v1/api_key'
import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import {
  each,
  form,
  nested,
  orEmpty,
  orUnset,
  pageSizeMax,
  type Rule,
  type Rules,
  violationsOf,
} from '@gatehouse/grpc-service'
import { parseIpRange } from '@gatehouse/policy-engine'
import { registrationViolations } from '../domain/registration/validate.ts'

export const requestId = form(/^[!-~]{1,128}$/, 'must be 1 to 128 visible ASCII characters')
export const id = form(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, _ and -')
export const environmentId = form(/^[a-z][a-z0-9-]{0,31}$/, 'must be a letter, then up to 31 of a-z, 0-9 and -')
const displayName = form(/^[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$/u, 'must have at most 200 characters and none of control')
const reason = form(/^[^\p{Cc}\p{Zl}\p{Zp}]{0,500}$/u, 'must have at most 500 characters and none of control')
const operation = form(/^[!-~]{1,128}$/, 'must be an operation id: 1 to 128 visible ASCII characters')
/** RFC 6749 section 3.3, scope-token. */
const scope = form(/^[!#-[\]-~]{1,128}$/, 'must be a scope token: 1 to 128 visible ASCII characters without " and \\')
const cidr: Rule<string> = (value) =>
  parseIpRange(value) ? undefined : 'must be an IPv4 or IPv6 range in CIDR notation without host bits'

// With these an event stays far below the greatest size that the log takes.
const operations = each(operation, 1000)
const scopes = each(scope, 200)
const restrictions = orUnset(nested<ApiKeyRestrictions>({ cidrs: each(cidr, 200), operations, scopes }))

const expectedVersion = orUnset<bigint>((value) => (value < 0n ? 'must not be negative' : undefined))
const yearMax = 9999
const time: Rule<Date> = (value) =>
  Number.isFinite(value.getTime()) && value.getTime() > 0 && value.getUTCFullYear() <= yearMax
    ? undefined
    : `must be a time from 1970 to ${yearMax}`
const expireTime = orUnset(time)
const digest: Rule<Uint8Array> = (value) => (value.length === 32 ? undefined : 'must be the 32 bytes of a SHA-256')
const overlapSecondsMax = 30n * 24n * 3600n
const overlap = orUnset<{ readonly seconds: bigint; readonly nanos: number }>(({ seconds, nanos }) =>
  seconds < 0n || nanos < 0 || nanos > 999_999_999 || seconds > overlapSecondsMax - (nanos > 0 ? 1n : 0n)
    ? 'must be 0 to 30 days'
    : undefined,
)
const pageSize: Rule<number> = (value) => (value < 0 || value > pageSizeMax ? `must be 0 to ${pageSizeMax}` : undefined)
/** Checked where it is read. */
const pageToken: Rule<string> = () => undefined
const page = { pageSize, pageToken }

const registration = orUnset<ClientRegistration>(registrationViolations)

const change = { requestId, expectedVersion }

export const registerClient: Rules<rpc.RegisterClientRequest> = {
  ...{ requestId, environmentId, displayName, registration },
  clientId: orEmpty(id),
}
export const changeClientRegistration: Rules<rpc.ChangeClientRegistrationRequest> = {
  ...{ ...change, displayName, registration },
  clientId: id,
}
export const deleteClient: Rules<rpc.DeleteClientRequest> = { requestId, clientId: id }
export const suspendClient: Rules<rpc.SuspendClientRequest> = { ...change, clientId: id, reason }
export const resumeClient: Rules<rpc.ResumeClientRequest> = { ...change, clientId: id }
export const getClient: Rules<rpc.GetClientRequest> = { clientId: id }
export const listClients: Rules<rpc.ListClientsRequest> = { ...page, environmentId: orEmpty(environmentId) }

export const issueClientSecret: Rules<rpc.IssueClientSecretRequest> = {
  ...{ requestId, displayName, expireTime },
  clientId: id,
}
export const revokeClientSecret: Rules<rpc.RevokeClientSecretRequest> = { requestId, clientSecretId: id, reason }
export const expireClientSecret: Rules<rpc.ExpireClientSecretRequest> = { requestId, clientSecretId: id, expireTime }
export const listClientSecrets: Rules<rpc.ListClientSecretsRequest> = { clientId: id }

export const issueInitialAccessToken: Rules<rpc.IssueInitialAccessTokenRequest> = {
  ...{ requestId, environmentId, displayName, expireTime },
  clientsMax: (value) => (value < 0 || value > 10_000 ? 'must be 1 to 10000, or 0 for 100' : undefined),
}
export const revokeInitialAccessToken: Rules<rpc.RevokeInitialAccessTokenRequest> = {
  ...{ requestId, reason },
  initialAccessTokenId: id,
}
export const listInitialAccessTokens: Rules<rpc.ListInitialAccessTokensRequest> = { ...page, environmentId }

const entitlement = { planId: id, operations, scopes }
export const createSubscription: Rules<rpc.CreateSubscriptionRequest> = {
  ...{ requestId, ...entitlement },
  clientId: id,
  apiId: id,
}
export const activateSubscription: Rules<rpc.ActivateSubscriptionRequest> = { ...change, subscriptionId: id }
export const suspendSubscription: Rules<rpc.SuspendSubscriptionRequest> = { ...change, subscriptionId: id, reason }
export const resumeSubscription: Rules<rpc.ResumeSubscriptionRequest> = { ...change, subscriptionId: id }
export const cancelSubscription: Rules<rpc.CancelSubscriptionRequest> = { ...change, subscriptionId: id, reason }
export const changeSubscription: Rules<rpc.ChangeSubscriptionRequest> = {
  ...{ ...change, ...entitlement },
  subscriptionId: id,
}
export const getSubscription: Rules<rpc.GetSubscriptionRequest> = { subscriptionId: id }
export const listSubscriptions: Rules<rpc.ListSubscriptionsRequest> = {
  ...page,
  environmentId: orEmpty(environmentId),
  clientId: orEmpty(id),
}

const newKey = { requestId, subscriptionId: id, displayName, restrictions, expireTime }
export const issueApiKey: Rules<rpc.IssueApiKeyRequest> = newKey
export const importApiKey: Rules<rpc.ImportApiKeyRequest> = { ...newKey, digest }
export const rotateApiKey: Rules<rpc.RotateApiKeyRequest> = { ...change, apiKeyId: id, overlap }
export const suspendApiKey: Rules<rpc.SuspendApiKeyRequest> = { ...change, apiKeyId: id, reason }
export const resumeApiKey: Rules<rpc.ResumeApiKeyRequest> = { ...change, apiKeyId: id }
export const revokeApiKey: Rules<rpc.RevokeApiKeyRequest> = { ...change, apiKeyId: id, reason }
export const expireApiKey: Rules<rpc.ExpireApiKeyRequest> = { ...change, apiKeyId: id, expireTime }
export const restrictApiKey: Rules<rpc.RestrictApiKeyRequest> = { ...change, apiKeyId: id, restrictions }
export const getApiKey: Rules<rpc.GetApiKeyRequest> = { apiKeyId: id }
export const listApiKeys: Rules<rpc.ListApiKeysRequest> = {
  ...page,
  environmentId: orEmpty(environmentId),
  clientId: orEmpty(id),
  subscriptionId: orEmpty(id),
}

const usesMax = 10_000
const use: Rules<rpc.ApiKeyUse> = {
  apiKeyId: id,
  lastUseTime: (value) => (value ? time(value) : 'must be set'),
}
export const recordApiKeyUse: Rules<rpc.RecordApiKeyUseRequest> = {
  uses(uses) {
    if (uses.length > usesMax) return `must have at most ${usesMax} entries`
    return uses.flatMap((entry, index) =>
      violationsOf(use, entry).map(({ field, description }) => ({ field: `[${index}].${field}`, description })),
    )
  },
}

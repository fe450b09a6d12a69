import { CredentialServiceService } from '@gatehouse/contracts/credential/v1/credential_service'
import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { eventLogService } from '@gatehouse/event-store'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import type { ReadTables } from '../read/read-tables.ts'
import type { CredentialStore } from '../store/credential-store.ts'
import { activateSubscription } from './activate-subscription.ts'
import { apiKeyMethods } from './api-key-methods.ts'
import { clientMethods } from './client-methods.ts'
import { clientSecretMethods } from './client-secret-methods.ts'
import { importApiKey } from './import-api-key.ts'
import { initialAccessTokenMethods } from './initial-access-token-methods.ts'
import { issueApiKey } from './issue-api-key.ts'
import { issueClientSecret } from './issue-client-secret.ts'
import { rotateApiKey } from './rotate-api-key.ts'
import { subscriptionMethods } from './subscription-methods.ts'

export interface Dependencies {
  readonly store: CredentialStore
  readonly read: ReadTables
}

const operators = ['console'] as const

/**
 * gatehouse.credential.v1.CredentialService. It knows nothing of APIs, plans and operations: it takes every id of the
 * right form, and the gateway denies what does not exist.
 */
export function credentialService(dependencies: Dependencies): BoundService {
  const handlers = {
    ...clientMethods(dependencies),
    ...clientSecretMethods(dependencies),
    ...initialAccessTokenMethods(dependencies),
    ...subscriptionMethods(dependencies),
    ...apiKeyMethods(dependencies),
    activateSubscription: activateSubscription(dependencies),
    issueClientSecret: issueClientSecret(dependencies),
    issueApiKey: issueApiKey(dependencies),
    importApiKey: importApiKey(dependencies),
    rotateApiKey: rotateApiKey(dependencies),
  }
  return grpcService({ definition: CredentialServiceService, handlers, roles })
}

/** Who may read the log: those who follow it. */
export function credentialLogService({ store }: Dependencies): BoundService {
  const readers = ['gateway', 'policy', 'token', 'console']
  return grpcService({
    definition: EventLogServiceService,
    handlers: eventLogService(store),
    roles: { readEvents: readers, getHead: readers },
  })
}

const roles = {
  registerClient: operators,
  suspendClient: operators,
  resumeClient: operators,
  changeClientRegistration: operators,
  deleteClient: operators,
  issueClientSecret: operators,
  revokeClientSecret: operators,
  expireClientSecret: operators,
  listClientSecrets: operators,
  issueInitialAccessToken: operators,
  revokeInitialAccessToken: operators,
  listInitialAccessTokens: operators,
  getClient: operators,
  listClients: operators,
  createSubscription: operators,
  activateSubscription: operators,
  suspendSubscription: operators,
  resumeSubscription: operators,
  cancelSubscription: operators,
  changeSubscription: operators,
  getSubscription: operators,
  listSubscriptions: operators,
  issueApiKey: operators,
  importApiKey: operators,
  rotateApiKey: operators,
  suspendApiKey: operators,
  resumeApiKey: operators,
  revokeApiKey: operators,
  expireApiKey: operators,
  restrictApiKey: operators,
  getApiKey: operators,
  listApiKeys: operators,
  recordApiKeyUse: ['audit', 'console'],
}

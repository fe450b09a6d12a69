import { AuditServiceClient, type AuditServiceService } from '@gatehouse/contracts/audit/v1/audit_service'
import { LedgerServiceClient, type LedgerServiceService } from '@gatehouse/contracts/audit/v1/ledger_service'
import {
  CredentialServiceClient,
  type CredentialServiceService,
} from '@gatehouse/contracts/credential/v1/credential_service'
import { PolicyServiceClient, type PolicyServiceService } from '@gatehouse/contracts/policy/v1/policy_service'
import {
  TokenAdminServiceClient,
  type TokenAdminServiceService,
} from '@gatehouse/contracts/token/v1/token_admin_service'
import { createClient, type ServiceClient, type TlsMaterial } from '@gatehouse/grpc-service'

/** The services behind the console. */
export interface Services {
  readonly credential: ServiceClient<typeof CredentialServiceService>
  readonly policy: ServiceClient<typeof PolicyServiceService>
  readonly token: ServiceClient<typeof TokenAdminServiceService>
  readonly audit: ServiceClient<typeof AuditServiceService>
  readonly ledger: ServiceClient<typeof LedgerServiceService>
}

/** `host:port` of each. */
export type ServiceAddresses = { readonly [Name in Exclude<keyof Services, 'ledger'> as `${Name}Address`]: string }

export function connectServices(addresses: ServiceAddresses, tls: TlsMaterial): Services {
  const { credentialAddress, policyAddress, tokenAddress, auditAddress } = addresses
  // An API of ten thousand operations takes more than the usual 4 MiB.
  const messageBytesMax = 16 * 1024 * 1024
  return {
    credential: createClient(CredentialServiceClient, { address: credentialAddress, tls, peer: 'credential' }),
    policy: createClient(PolicyServiceClient, { address: policyAddress, tls, peer: 'policy', messageBytesMax }),
    token: createClient(TokenAdminServiceClient, { address: tokenAddress, tls, peer: 'token' }),
    audit: createClient(AuditServiceClient, { address: auditAddress, tls, peer: 'audit', messageBytesMax }),
    ledger: createClient(LedgerServiceClient, { address: auditAddress, tls, peer: 'audit' }),
  }
}

import { TokenAdminServiceService } from '@gatehouse/contracts/token/v1/token_admin_service'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import { grantMethods } from '../admin/grant-methods.ts'
import { revocationMethods } from '../admin/revocation-methods.ts'
import { signingKeyMethods } from '../admin/signing-key-methods.ts'
import { userMethods } from '../admin/user-methods.ts'
import type { TokenParts } from '../token-parts.ts'

const operators = ['console'] as const

/** gatehouse.token.v1.TokenAdminService. */
export function tokenAdminService(parts: TokenParts): BoundService {
  return grpcService({
    definition: TokenAdminServiceService,
    handlers: {
      ...signingKeyMethods(parts),
      ...revocationMethods(parts),
      ...grantMethods(parts),
      ...userMethods(parts),
    },
    roles: {
      rotateSigningKey: operators,
      removeSigningKey: operators,
      listSigningKeys: operators,
      revokeTokenById: operators,
      revokeGrant: operators,
      revokeTokensBefore: operators,
      listGrants: operators,
      getGrant: operators,
      createUser: operators,
      changeUser: operators,
      setUserPassword: operators,
      linkUser: operators,
      suspendUser: operators,
      resumeUser: operators,
      getUser: operators,
      listUsers: operators,
    },
  })
}

import { randomBytes } from 'node:crypto'
import { UserClaims } from '@gatehouse/contracts/token/v1/grant'
import { TokenAdminServiceClient } from '@gatehouse/contracts/token/v1/token_admin_service'
import { createClient, type TlsMaterial } from '@gatehouse/grpc-service'

/** Who signs in at the demo's pages. */
export interface DemoUser {
  readonly username: string
  readonly password: string
}

export interface UserOptions {
  readonly tokenAddress: string
  /** The console's identity: operators' commands come from there. */
  readonly tls: TlsMaterial
  readonly environmentId: string
  /** What an earlier start left. */
  readonly known: Partial<DemoUser>
}

const username = 'ada'

/** Makes the demo's user; one that is there keeps its password where that is known. */
export async function seedUser({ tokenAddress, tls, environmentId, known }: UserOptions): Promise<DemoUser> {
  const admin = createClient(TokenAdminServiceClient, { address: tokenAddress, tls, peer: 'token' })
  try {
    const requestId = crypto.randomUUID()
    const { users } = await admin.listUsers({ environmentId, username, pageSize: 1, pageToken: '' })
    const password =
      (users[0] && known.username === username && known.password) || randomBytes(12).toString('base64url')
    const user = { username, password }
    if (!users[0]) {
      const claims = UserClaims.fromPartial({ name: 'Ada Lovelace', email: 'ada@example.com', emailVerified: true })
      await admin.createUser({ requestId, environmentId, ...user, claims })
    } else if (password !== known.password) {
      await admin.setUserPassword({ requestId, userId: users[0].userId, password })
    }
    return user
  } finally {
    admin.close()
  }
}

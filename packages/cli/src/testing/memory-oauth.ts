import { ClientSecret, ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { type GrantSummary, User } from '@gatehouse/contracts/token/v1/grant'
import { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import type { Answers } from '../../../../services/console/src/testing/running-console.ts'
import { Shelf } from './shelf.ts'

/** What the services keep of OAuth. */
export function oauthShelves() {
  return {
    secrets: new Shelf<ClientSecret>('client_secret'),
    initialAccessTokens: new Shelf<InitialAccessToken>('initial_access_token'),
    users: new Shelf<User>('user'),
    grants: new Shelf<GrantSummary>('grant'),
    signingKeys: new Shelf<SigningKey>('signing_key'),
    /** What was revoked: `alpha/jti1`, `alpha/client/shop`. */
    revoked: [] as string[],
  }
}

export type OAuthShelves = ReturnType<typeof oauthShelves>

export function secretAnswers({ secrets, initialAccessTokens }: OAuthShelves): NonNullable<Answers['credential']> {
  const { CLIENT_SECRET_STATE_ACTIVE: active } = ClientSecretState
  return {
    issueClientSecret: async ({ clientId, displayName, expireTime }) => {
      const clientSecretId = `s${secrets.items.size + 1}`
      const fields = { ...ClientSecret.create(), clientSecretId, clientId, displayName, expireTime, state: active }
      const clientSecret = secrets.put(clientSecretId, fields)
      return { clientSecret, clientSecretText: `ghs_alpha_${clientSecretId}_secret`, position: 10n }
    },
    revokeClientSecret: async ({ clientSecretId: id }) => {
      return { clientSecret: secrets.put(id, { ...secrets.get(id), state: 2 }), position: 11n }
    },
    expireClientSecret: async ({ clientSecretId: id, expireTime }) => {
      return { clientSecret: secrets.put(id, { ...secrets.get(id), expireTime }), position: 11n }
    },
    listClientSecrets: async ({ clientId }) => ({ clientSecrets: secrets.list((each) => each.clientId === clientId) }),
    issueInitialAccessToken: async ({ environmentId, displayName }) => {
      const initialAccessTokenId = `t${initialAccessTokens.items.size + 1}`
      const fields = {
        ...InitialAccessToken.create(),
        initialAccessTokenId,
        environmentId,
        displayName,
        state: 1 as const,
      }
      const initialAccessToken = initialAccessTokens.put(initialAccessTokenId, fields)
      return { initialAccessToken, initialAccessTokenText: `ghx_alpha_${initialAccessTokenId}`, position: 12n }
    },
    revokeInitialAccessToken: async ({ initialAccessTokenId: id }) => {
      const token = initialAccessTokens.put(id, { ...initialAccessTokens.get(id), state: 2 })
      return { initialAccessToken: token, position: 13n }
    },
    listInitialAccessTokens: async () => ({ initialAccessTokens: initialAccessTokens.list(), nextPageToken: '' }),
  }
}

export function tokenAnswers(shelves: OAuthShelves): NonNullable<Answers['token']> {
  const { users, grants, signingKeys, revoked } = shelves
  const changed = (id: string, fields: Partial<User>) => ({
    user: users.put(id, { ...users.get(id), ...fields }),
    position: 2n,
  })
  return {
    createUser: async ({ environmentId, username, password, claims }) => {
      const userId = `u${users.items.size + 1}`
      const fields = { ...User.create(), userId, environmentId, username, claims, state: 1 as const }
      return { user: users.put(userId, { ...fields, hasPassword: password !== '' }), position: 1n }
    },
    changeUser: async ({ userId, claims }) => changed(userId, { claims }),
    setUserPassword: async ({ userId }) => changed(userId, { hasPassword: true }),
    linkUser: async ({ userId, providerId, providerSubject }) =>
      changed(userId, { links: [{ providerId, providerSubject }] }),
    suspendUser: async ({ userId }) => changed(userId, { state: 2 }),
    resumeUser: async ({ userId }) => changed(userId, { state: 1 }),
    getUser: async ({ userId }) => ({ user: users.get(userId) }),
    listUsers: async ({ username }) => ({
      users: users.list((user) => username === '' || user.username === username),
      nextPageToken: '',
    }),
    listGrants: async ({ clientId }) => ({
      grants: grants.list(({ grant }) => clientId === '' || grant?.clientId === clientId),
      nextPageToken: '',
    }),
    getGrant: async ({ grantId }) => ({ grant: grants.get(grantId) }),
    revokeGrant: async ({ grantId }) => ({
      grant: grants.put(grantId, { ...grants.get(grantId), state: 3, revocationReason: 5 }),
      position: 3n,
    }),
    listSigningKeys: async () => ({ signingKeys: signingKeys.list() }),
    rotateSigningKey: async ({ environmentId, algorithm }) => {
      const keyId = `k${signingKeys.items.size + 1}`
      const fields = { ...SigningKey.create(), keyId, environmentId, algorithm, state: 1 as const, publicJwk: '{}' }
      return { signingKey: signingKeys.put(keyId, fields), position: 4n }
    },
    removeSigningKey: async ({ keyId }) => ({
      signingKey: signingKeys.put(keyId, { ...signingKeys.get(keyId), state: 4 }),
      position: 5n,
    }),
    revokeTokenById: async ({ environmentId, tokenId }) => {
      revoked.push(`${environmentId}/${tokenId}`)
      return { position: 6n }
    },
    revokeTokensBefore: async ({ environmentId, subject, subjectId, before }) => {
      revoked.push(`${environmentId}/${subject}/${subjectId}`)
      return { before: before ?? new Date(0), position: 7n }
    },
  }
}

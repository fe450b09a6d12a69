import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import type { ApiKeyUse } from '@gatehouse/contracts/credential/v1/credential_service'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import { orStoreError } from '@gatehouse/event-store'
import { cutPage, type PageRequest, pageOf } from '@gatehouse/grpc-service'
import type pg from 'pg'

/** Narrows a list; an empty id does not. */
interface Owners {
  readonly environmentId?: string
  readonly clientId?: string
  readonly subscriptionId?: string
}

interface Row {
  readonly message: Buffer
  readonly last_use_time?: Date | null
  readonly digest?: string
}

/** What Get and List answer; always at the head of the log. */
export type ReadTables = ReturnType<typeof readTables>

export function readTables(pool: pg.Pool) {
  const query = (config: pg.QueryConfig) => orStoreError(pool.query<Row>(config))

  async function one(table: 'client' | 'subscription', id: string): Promise<Buffer | undefined> {
    const text = `SELECT message FROM credential.${table} WHERE ${table}_id = $1`
    const { rows } = await query({ name: `get ${table}`, text, values: [id] })
    return rows[0]?.message
  }

  async function list(table: string, key: string, owners: Owners, page: PageRequest) {
    const { after, size } = pageOf(page)
    const filters = [
      ['environment_id', owners.environmentId],
      ['client_id', owners.clientId],
      ['subscription_id', owners.subscriptionId],
    ].filter(([, id]) => id)
    const where = filters.map(([column], index) => ` AND t.${column} = $${index + 3}`).join('')
    const text = `SELECT t.* FROM ${table} AS t WHERE t.${key} > $1${where} ORDER BY t.${key} LIMIT $2`
    const { rows } = await query({ text, values: [after, size + 1, ...filters.map(([, id]) => id)] })
    return { rows, size }
  }

  const apiKeys = '(SELECT * FROM credential.api_key LEFT JOIN credential.api_key_use USING (api_key_id))'

  return {
    async client(id: string): Promise<Client | undefined> {
      const message = await one('client', id)
      return message && Client.decode(message)
    },
    async subscription(id: string): Promise<Subscription | undefined> {
      const message = await one('subscription', id)
      return message && Subscription.decode(message)
    },
    async apiKey(id: string): Promise<ApiKey | undefined> {
      const text = `SELECT message, last_use_time FROM ${apiKeys} AS t WHERE api_key_id = $1`
      const { rows } = await query({ name: 'get api key', text, values: [id] })
      return rows[0] && toApiKey(rows[0])
    },
    /** Few: they are made one at a time, by operators. */
    async clientSecrets(clientId: string): Promise<readonly ClientSecret[]> {
      const text = 'SELECT message FROM credential.client_secret WHERE client_id = $1 ORDER BY client_secret_id'
      const { rows } = await query({ name: 'list client secrets', text, values: [clientId] })
      return rows.map(({ message }) => ClientSecret.decode(message))
    },
    /** With the SHA-256 digest of its text. */
    async initialAccessToken(id: string) {
      const text = 'SELECT message, digest FROM credential.initial_access_token WHERE initial_access_token_id = $1'
      const { rows } = await query({ name: 'get initial access token', text, values: [id] })
      const [row] = rows
      return (
        row && { token: InitialAccessToken.decode(row.message), digest: Buffer.from(row.digest ?? '', 'base64url') }
      )
    },
    async listInitialAccessTokens(owners: Owners, page: PageRequest) {
      const key = 'initial_access_token_id'
      const { rows, size } = await list('credential.initial_access_token', key, owners, page)
      const found = rows.map(({ message }) => InitialAccessToken.decode(message))
      return cutPage(found, size, ({ initialAccessTokenId }) => initialAccessTokenId)
    },
    async listClients(owners: Owners, page: PageRequest) {
      const { rows, size } = await list('credential.client', 'client_id', owners, page)
      const found = rows.map(({ message }) => Client.decode(message))
      return cutPage(found, size, ({ clientId }) => clientId)
    },
    async listSubscriptions(owners: Owners, page: PageRequest) {
      const { rows, size } = await list('credential.subscription', 'subscription_id', owners, page)
      const found = rows.map(({ message }) => Subscription.decode(message))
      return cutPage(found, size, ({ subscriptionId }) => subscriptionId)
    },
    async listApiKeys(owners: Owners, page: PageRequest) {
      const { rows, size } = await list(apiKeys, 'api_key_id', owners, page)
      return cutPage(rows.map(toApiKey), size, ({ apiKeyId }) => apiKeyId)
    },
    /** Keeps the latest time per key; keys that do not exist are passed over. */
    async recordUse(uses: readonly ApiKeyUse[]): Promise<void> {
      const text = `
        INSERT INTO credential.api_key_use (api_key_id, last_use_time)
        SELECT api_key_id, max(used.time) FROM unnest($1::text[], $2::timestamptz[]) AS used (api_key_id, time)
        JOIN credential.api_key USING (api_key_id) GROUP BY api_key_id ORDER BY api_key_id
        ON CONFLICT (api_key_id) DO UPDATE
        SET last_use_time = greatest(api_key_use.last_use_time, excluded.last_use_time)`
      const values = [uses.map(({ apiKeyId }) => apiKeyId), uses.map(({ lastUseTime }) => lastUseTime)]
      await query({ name: 'record use', text, values })
    },
  }
}

function toApiKey({ message, last_use_time: lastUseTime }: Row): ApiKey {
  const apiKey = ApiKey.decode(message)
  return lastUseTime ? { ...apiKey, lastUseTime } : apiKey
}

import type { TokenEvent } from '@gatehouse/contracts/events'
import { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { device as decider } from '../domain/device/decide.ts'
import type { DeviceState } from '../domain/device/device.ts'

export async function writeDeviceAuthorizations(
  tx: Queryable,
  changes: readonly StreamChange<TokenEvent>[],
): Promise<void> {
  for (const { stream, events } of changes) {
    const device = stream.startsWith('device-') ? fold(decider, events) : undefined
    if (!device) continue
    const { authorization: told, state, grantId } = device
    await tx.query({
      name: 'write device authorization',
      text: `
        INSERT INTO token.device_authorization (device_authorization_id, environment_id, client_id, user_code_digest,
          expire_time, state, grant_id, message, interval_seconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (device_authorization_id) DO UPDATE SET state = excluded.state, grant_id = excluded.grant_id`,
      values: [
        ...[told.deviceAuthorizationId, told.environmentId, told.clientId, told.userCodeDigest, told.expireTime],
        ...[state, grantId, DeviceAuthorization.encode(told).finish(), told.intervalSeconds],
      ],
    })
  }
}

/** What a device finds when it asks. */
export interface Poll {
  readonly clientId: string
  readonly state: DeviceState
  readonly grantId: string
  /** It asked sooner than it may. */
  readonly tooSoon: boolean
}

interface PollRow {
  readonly client_id: string
  readonly state: DeviceState
  readonly grant_id: string
  readonly too_soon: boolean
}

export type DeviceAuthorizations = ReturnType<typeof readDeviceAuthorizations>

/** RFC 8628 section 3.5, seconds. */
const slowDownSeconds = 5
/** Answers travel: what comes a little early was not sent early. */
const earlyMs = 500

export function readDeviceAuthorizations(pool: pg.Pool) {
  return {
    async byId(deviceAuthorizationId: string): Promise<DeviceAuthorization | undefined> {
      const text = 'SELECT message FROM token.device_authorization WHERE device_authorization_id = $1'
      const query = { name: 'device', text, values: [deviceAuthorizationId] }
      const { rows } = await orStoreError(pool.query<{ message: Buffer }>(query))
      return rows[0] && DeviceAuthorization.decode(rows[0].message)
    },
    /** The one that waits for its user under this code. */
    async byUserCode(environmentId: string, digest: Uint8Array, now: Date): Promise<DeviceAuthorization | undefined> {
      const text = `
        SELECT message FROM token.device_authorization
        WHERE user_code_digest = $1 AND environment_id = $2 AND expire_time > $3 AND state = 'pending'`
      const values = [digest, environmentId, now]
      const { rows } = await orStoreError(pool.query<{ message: Buffer }>({ name: 'device by code', text, values }))
      // Two with one code: neither can be told from the other, so neither is found. Once in 10^7 at a thousand waiting.
      return rows[0] && rows.length === 1 ? DeviceAuthorization.decode(rows[0].message) : undefined
    },
    /**
     * Notes that a client asks for its device; when it asks too soon the interval is longer from now on. Undefined: there is none that
     * lives.
     */
    async poll(deviceAuthorizationId: string, clientId: string, now: Date): Promise<Poll | undefined> {
      const text = `
        UPDATE token.device_authorization AS d
        SET last_poll_time = CASE WHEN d.client_id = $3 THEN $2 ELSE d.last_poll_time END,
          interval_seconds = d.interval_seconds + CASE WHEN before.too_soon THEN ${slowDownSeconds} ELSE 0 END
        FROM (
          SELECT device_authorization_id, client_id = $3 AND coalesce(
            last_poll_time + interval_seconds * interval '1 s' - interval '${earlyMs} ms' > $2, false) AS too_soon
          FROM token.device_authorization WHERE device_authorization_id = $1 AND expire_time > $2 FOR UPDATE
        ) AS before
        WHERE d.device_authorization_id = before.device_authorization_id
        RETURNING d.client_id, d.state, d.grant_id, before.too_soon`
      const query = { name: 'device poll', text, values: [deviceAuthorizationId, now, clientId] }
      const { rows } = await orStoreError(pool.query<PollRow>(query))
      const [row] = rows
      return row && { clientId: row.client_id, state: row.state, grantId: row.grant_id, tooSoon: row.too_soon }
    },
  }
}

import type { TokenEvent } from '@gatehouse/contracts/events'
import { DeviceAuthorization } from '@gatehouse/contracts/token/v1/grant'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { device as decider } from '../domain/device/decide.ts'

export async function writeDeviceAuthorizations(
  tx: Queryable,
  changes: readonly StreamChange<TokenEvent>[],
): Promise<void> {
  for (const { stream, events } of changes) {
    if (!stream.startsWith('device-')) continue
    const device = fold(decider, events)
    if (!device) continue
    const { authorization: told, state } = device
    await tx.query({
      name: 'write device authorization',
      text: `
        INSERT INTO token.device_authorization
          (device_authorization_id, environment_id, user_code_digest, expire_time, answered, message, interval_seconds)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (device_authorization_id) DO UPDATE SET answered = excluded.answered`,
      values: [
        ...[told.deviceAuthorizationId, told.environmentId, told.userCodeDigest, told.expireTime, state !== 'pending'],
        ...[DeviceAuthorization.encode(told).finish(), told.intervalSeconds],
      ],
    })
  }
}

export type DeviceAuthorizations = ReturnType<typeof readDeviceAuthorizations>

export function readDeviceAuthorizations(pool: pg.Pool) {
  return {
    /** The one that waits for its user under this code. */
    async byUserCode(environmentId: string, digest: Uint8Array, now: Date): Promise<DeviceAuthorization | undefined> {
      const text = `
        SELECT message FROM token.device_authorization
        WHERE user_code_digest = $1 AND environment_id = $2 AND expire_time > $3 AND NOT answered`
      const values = [digest, environmentId, now]
      const { rows } = await orStoreError(pool.query<{ message: Buffer }>({ name: 'device by code', text, values }))
      // Two with one code: neither can be told from the other, so neither is found. Once in 10^7 at a thousand waiting.
      return rows[0] && rows.length === 1 ? DeviceAuthorization.decode(rows[0].message) : undefined
    },
    /**
     * Notes that a device asks. True when it asks sooner than it may, which makes the interval 5 s longer from now on
     * (RFC 8628 section 3.5); also when there is none, so that nothing can be told from the answer.
     */
    async isTooSoon(deviceAuthorizationId: string, now: Date): Promise<boolean> {
      const text = `
        UPDATE token.device_authorization AS d SET last_poll_time = $2,
          interval_seconds = d.interval_seconds + CASE WHEN before.too_soon THEN 5 ELSE 0 END
        FROM (
          SELECT device_authorization_id, coalesce(
            last_poll_time + interval_seconds * interval '1 s' - interval '500 ms' > $2, false) AS too_soon
          FROM token.device_authorization WHERE device_authorization_id = $1 FOR UPDATE
        ) AS before
        WHERE d.device_authorization_id = before.device_authorization_id RETURNING before.too_soon`
      const values = [deviceAuthorizationId, now]
      const { rows } = await orStoreError(pool.query<{ too_soon: boolean }>({ name: 'device poll', text, values }))
      return rows[0]?.too_soon ?? true
    },
  }
}

import type pg from 'pg'
import { forgetAssertions } from '../issue/client-authentication/used-assertions.ts'
import { dropExpired, dropUnnamedPasswords } from './drop-expired.ts'
import { maintainPartitions } from './reference-tokens.ts'

const everyMs = 60_000
/** It looks at every password. */
const roundsBetweenPasswords = 60

/** Makes partitions before they are needed, and drops what is dead by itself. */
export async function startHousekeeping(pool: pg.Pool, onError: (error: unknown) => void): Promise<{ close(): void }> {
  let round = 0
  const clean = async () => {
    const now = new Date()
    await maintainPartitions(pool, now)
    await forgetAssertions(pool, now)
    await dropExpired(pool, now)
    if (round++ % roundsBetweenPasswords === 0) await dropUnnamedPasswords(pool, now)
  }
  await clean()
  const timer = setInterval(() => void clean().catch(onError), everyMs)
  return { close: () => clearInterval(timer) }
}

import { unavailable } from '@gatehouse/errors'
import type { DecisionEntry } from './decision-entry.ts'
import { SpoolFull } from './spool/spool-full.ts'
import type { Trail } from './trail.ts'

const patienceMs = 5000

/**
 * Writes the record and waits until it is on disk; answers the decision's id.
 * @throws UNAVAILABLE `AUDIT_UNAVAILABLE`: without a record there is no answer
 */
export async function writeRecord(trail: Trail, entry: DecisionEntry): Promise<string> {
  const { promise: durable, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(unavailable('AUDIT_UNAVAILABLE', 'the record is not on disk')), patienceMs)
  try {
    const decisionId = entry.allowed ? trail.append(entry, resolve) : trail.appendRefusal(entry, resolve)
    await durable
    return decisionId
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error
    if (entry.allowed) await refuseOnRecord(trail, entry)
    throw unavailable('AUDIT_UNAVAILABLE', 'the audit spool is full', error)
  } finally {
    clearTimeout(timer)
  }
}

/** The reserve of the spool holds that an allowed request was refused for want of space; without reserve nothing can. */
async function refuseOnRecord(trail: Trail, entry: DecisionEntry): Promise<void> {
  await writeRecord(trail, { ...entry, allowed: false, reason: 'audit_unavailable', statusCode: 503 })
}

import type { Decision, Evidence } from '../evidence.ts'
import { type Call, type History, isAllow } from '../history.ts'

/** Every answer that a client saw has exactly one record, which says the same; no sequence has a hole. */
export function checkRecords({ calls }: History, { decisions }: Pick<Evidence, 'decisions'>): string[] {
  const records = Map.groupBy(decisions, ({ requestId }) => requestId)
  return [
    ...calls.flatMap((call) => checkAnswer(call, records.get(call.requestId ?? '') ?? [])),
    ...unseen(calls, decisions),
    ...holes(decisions),
  ]
}

/** A record without an answer that was seen is of a request whose connection broke: no key has more of them. */
function unseen(calls: readonly Call[], decisions: readonly Decision[]): string[] {
  const seen = new Set(calls.map(({ requestId }) => requestId))
  const broken = Map.groupBy(
    calls.filter(({ status }) => status === undefined),
    ({ keyId }) => keyId,
  )
  // Of an access token there are more: that it was issued, and asked about.
  const ofKeys = decisions.filter(({ allowed, tokenId }) => allowed && tokenId === '')
  const allowed = ofKeys.filter(({ requestId }) => !seen.has(requestId))
  const used = new Set(calls.map(({ keyId }) => keyId))
  return [...Map.groupBy(allowed, credentialOf)].flatMap(([keyId, records]) => {
    const count = broken.get(keyId)?.length ?? 0
    if (!used.has(keyId) || records.length <= count) return []
    return [`${records.length} allows of ${keyId} were answered to nobody, and ${count} of its calls broke`]
  })
}

const credentialOf = ({ credentialId, tokenId }: Decision) => tokenId || credentialId

function checkAnswer(call: Call, records: readonly Decision[]): string[] {
  if (call.status === undefined) return []
  const what = `the answer ${call.status} of ${call.gateway} to request ${call.requestId}`
  if (!call.requestId) return [`${what} names no request id`]
  const [record] = records
  if (!record || records.length > 1) return [`${what} has ${records.length} records`]
  // An allowed request may end in a 5xx of the upstream; what was refused with a 4xx was not allowed.
  if (isAllow(call) !== record.allowed && call.status < 500) return [`${what} is recorded as ${record.reason}`]
  if (isAllow(call) && credentialOf(record) !== call.keyId) return [`${what} is recorded for ${credentialOf(record)}`]
  return []
}

function holes(decisions: readonly Decision[]): string[] {
  const epochs = Map.groupBy(decisions, ({ node, epoch }) => `${node}.${epoch}`)
  return [...epochs].flatMap(([name, records]) => {
    const sequences = new Set(records.map(({ sequence }) => sequence))
    const last = Math.max(...sequences)
    const twice = records.length > sequences.size ? [`${name} has a sequence twice`] : []
    if (sequences.size === last) return twice
    const missing = Array.from({ length: last }, (_, index) => index + 1).filter((each) => !sequences.has(each))
    return [...twice, `${name} lacks ${missing.slice(0, 5).join(', ')} of ${last}`]
  })
}

import { AuditMode, type Enforcement } from '@gatehouse/contracts/policy/v1/enforcement'
import type { RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { child, entries, isObject, type Place, type Problems } from './place.ts'

const prefix = 'x-gatehouse-'

const auditModes: Readonly<Record<string, AuditMode>> = {
  write_ahead: AuditMode.AUDIT_MODE_WRITE_AHEAD,
  before_response: AuditMode.AUDIT_MODE_BEFORE_RESPONSE,
  async: AuditMode.AUDIT_MODE_ASYNC,
}

/** Refuses extensions of ours that are not known here: a misspelt limit would silently be none. */
export function checkExtensions(problems: Problems, place: Place, known: readonly string[]): void {
  for (const [key, extension] of entries(place)) {
    if (!key.startsWith(prefix) || known.includes(key.slice(prefix.length))) continue
    problems.add(extension, `is not known here; there are ${known.map((name) => prefix + name).join(', ')}`)
  }
}

/** `x-gatehouse-audit-mode: write_ahead | before_response | async`, `x-gatehouse-max-staleness: 5s`. */
export function readEnforcement(problems: Problems, place: Place): Enforcement | undefined {
  const [mode, staleness] = [child(place, `${prefix}audit-mode`), child(place, `${prefix}max-staleness`)]
  if (mode.value === undefined && staleness.value === undefined) return undefined
  return {
    auditMode: mode.value === undefined ? AuditMode.AUDIT_MODE_UNSPECIFIED : readAuditMode(problems, mode),
    maxStaleness: staleness.value === undefined ? undefined : readDuration(problems, staleness),
  }
}

function readAuditMode(problems: Problems, place: Place): AuditMode {
  const { value } = place
  const mode = typeof value === 'string' && Object.hasOwn(auditModes, value) ? auditModes[value] : undefined
  if (mode === undefined) problems.add(place, `must be one of ${Object.keys(auditModes).join(', ')}`)
  return mode ?? AuditMode.AUDIT_MODE_UNSPECIFIED
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function readDuration(problems: Problems, place: Place) {
  const match = typeof place.value === 'string' ? /^([1-9][0-9]{0,8})(ms|s|m|h|d)$/.exec(place.value) : null
  const unit = unitMs[match?.[2] ?? '']
  if (!match || unit === undefined) {
    problems.add(place, 'must be a duration like 500ms, 5s, 1m, 24h or 30d')
    return undefined
  }
  const ms = Number(match[1]) * unit
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 }
}

/** `x-gatehouse-rate-limits: [{ name: burst, requests: 10, period: 1s, burst: 20 }]`. */
export function readRateLimits(problems: Problems, operation: Place): readonly RateLimit[] {
  const list = child(operation, `${prefix}rate-limits`)
  if (list.value === undefined) return []
  if (!Array.isArray(list.value)) {
    problems.add(list, 'must be a list of { name, requests, period, burst }')
    return []
  }
  return list.value.map((_, index) => readRateLimit(problems, child(list, index)))
}

function readRateLimit(problems: Problems, limit: Place): RateLimit {
  if (!isObject(limit.value)) problems.add(limit, 'must be { name, requests, period, burst }')
  for (const [key, place] of entries(limit)) {
    if (!['name', 'requests', 'period', 'burst'].includes(key)) problems.add(place, 'is not known')
  }
  const [name, burst] = [child(limit, 'name'), child(limit, 'burst')]
  if (typeof name.value !== 'string') problems.add(name, 'must be a text')
  return {
    name: typeof name.value === 'string' ? name.value : '',
    requests: readCount(problems, child(limit, 'requests')),
    period: readDuration(problems, child(limit, 'period')),
    burst: burst.value === undefined ? 0n : readCount(problems, burst),
  }
}

function readCount(problems: Problems, place: Place): bigint {
  if (typeof place.value === 'number' && Number.isSafeInteger(place.value) && place.value > 0)
    return BigInt(place.value)
  problems.add(place, 'must be a whole number above 0')
  return 0n
}

/** `x-gatehouse-forward-credential: true` lets the credential through to the upstream. */
export function readForwardCredential(problems: Problems, operation: Place): boolean {
  const place = child(operation, `${prefix}forward-credential`)
  if (place.value !== undefined && typeof place.value !== 'boolean') problems.add(place, 'must be true or false')
  return place.value === true
}

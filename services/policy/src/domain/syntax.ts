import type { Enforcement } from '@gatehouse/contracts/policy/v1/enforcement'
import { AuditMode } from '@gatehouse/contracts/policy/v1/enforcement'
import type { RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { compileRateLimit, durationMicros } from '@gatehouse/policy-engine'
import type { Violations } from './violations.ts'

const environmentIdSyntax = /^[a-z][a-z0-9-]{0,31}$/
const resourceIdSyntax = /^[a-z][a-z0-9-]{0,63}$/
const limitNameSyntax = /^[a-z][a-z0-9-]{0,31}$/
const displayNameCharsMax = 200
const rateLimitsMax = 16
const auditModes: readonly AuditMode[] = [
  AuditMode.AUDIT_MODE_UNSPECIFIED,
  AuditMode.AUDIT_MODE_WRITE_AHEAD,
  AuditMode.AUDIT_MODE_BEFORE_RESPONSE,
  AuditMode.AUDIT_MODE_ASYNC,
]

/** RFC 6749 section 3.3. */
export function isScopeToken(text: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(text)
}

export function checkEnvironmentId(violations: Violations, field: string, id: string): void {
  violations.require(environmentIdSyntax.test(id), field, 'must be [a-z][a-z0-9-]{0,31}')
}

/** Ids of APIs and plans. */
export function checkResourceId(violations: Violations, field: string, id: string): void {
  violations.require(resourceIdSyntax.test(id), field, 'must be [a-z][a-z0-9-]{0,63}')
}

export function checkDisplayName(violations: Violations, field: string, name: string): void {
  // Category C: controls, and what turns the direction of text around.
  const printable = !/\p{C}/u.test(name)
  const short = [...name].length <= displayNameCharsMax
  violations.require(printable && short, field, `must be at most ${displayNameCharsMax} printable characters`)
}

export function checkEnforcement(violations: Violations, field: string, enforcement: Enforcement | undefined): void {
  if (!enforcement) return
  const { auditMode, maxStaleness } = enforcement
  violations.require(auditModes.includes(auditMode), `${field}.audit_mode`, 'must be a known mode')
  if (!maxStaleness) return
  const micros = durationMicros(maxStaleness)
  violations.require(
    micros !== undefined && micros >= 1000,
    `${field}.max_staleness`,
    'must be a duration of at least 1 ms',
  )
}

export function checkRateLimits(violations: Violations, field: string, limits: readonly RateLimit[]): void {
  violations.require(limits.length <= rateLimitsMax, field, `must be at most ${rateLimitsMax}`)
  for (const [index, limit] of limits.entries()) {
    const place = `${field}[${index}]`
    violations.require(limitNameSyntax.test(limit.name), `${place}.name`, 'must be [a-z][a-z0-9-]{0,31}')
    const compiled = compileRateLimit(limit)
    if (typeof compiled !== 'string') continue
    const colon = compiled.indexOf(': ')
    violations.add(`${place}.${compiled.slice(0, colon)}`, compiled.slice(colon + 2))
  }
  violations.requireUnique(
    limits.map(({ name }) => name),
    (index) => `${field}[${index}].name`,
  )
}

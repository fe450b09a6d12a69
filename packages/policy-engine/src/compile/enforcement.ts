import { AuditMode, type Enforcement } from '@gatehouse/contracts/policy/v1/enforcement'
import { durationMs } from './duration.ts'

/** How strictly decisions are taken; undefined is inherited from the level above. */
export interface EnforcementLevel {
  readonly auditMode: AuditModeName | undefined
  readonly maxStalenessMs: number | undefined
}

/** The same with every level asked: no `maxStalenessMs` means no limit. */
export interface EffectiveEnforcement {
  readonly auditMode: AuditModeName
  readonly maxStalenessMs: number | undefined
}

export type AuditModeName = 'write_ahead' | 'before_response' | 'async'

export const defaultEnforcement: EffectiveEnforcement = { auditMode: 'before_response', maxStalenessMs: undefined }

export function compileEnforcement(enforcement: Enforcement | undefined): EnforcementLevel {
  return { auditMode: auditModeName(enforcement?.auditMode), maxStalenessMs: maxStalenessMs(enforcement) }
}

/** Lays a level over the one above it; without a difference the upper one is answered, not a copy. */
export function inheritEnforcement(level: EnforcementLevel, above: EffectiveEnforcement): EffectiveEnforcement
export function inheritEnforcement(level: EnforcementLevel, above: EnforcementLevel): EnforcementLevel
export function inheritEnforcement(level: EnforcementLevel, above: EnforcementLevel): EnforcementLevel {
  if (level.auditMode === undefined && level.maxStalenessMs === undefined) return above
  return {
    auditMode: level.auditMode ?? above.auditMode,
    maxStalenessMs: level.maxStalenessMs ?? above.maxStalenessMs,
  }
}

function auditModeName(mode: AuditMode | undefined): AuditModeName | undefined {
  switch (mode) {
    case undefined:
    case AuditMode.AUDIT_MODE_UNSPECIFIED:
      return undefined
    case AuditMode.AUDIT_MODE_BEFORE_RESPONSE:
      return 'before_response'
    case AuditMode.AUDIT_MODE_ASYNC:
      return 'async'
    default:
      // A mode of a later version: the strictest there is.
      return 'write_ahead'
  }
}

function maxStalenessMs(enforcement: Enforcement | undefined): number | undefined {
  if (!enforcement?.maxStaleness) return undefined
  // What cannot be read as a duration lets no staleness pass.
  return durationMs(enforcement.maxStaleness) ?? 0
}

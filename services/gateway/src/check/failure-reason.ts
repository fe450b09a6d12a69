import type { DenyReason } from '@gatehouse/policy-engine'

/** What an error on the way to a decision denies with. */
export function failureReason(error: unknown): DenyReason {
  switch (error instanceof Error ? error.name : '') {
    case 'ReadModelUnavailable':
    case 'FactParked':
      return 'read_model_unavailable'
    case 'CountersUnavailable':
      return 'limiter_unavailable'
    case 'TokenServiceUnavailable':
      return 'token_service_unavailable'
    case 'ProofMemoryUnavailable':
      return 'proof_memory_unavailable'
    default:
      return 'internal_error'
  }
}

/** What the gateways remember together of proofs of possession (RFC 9449 section 11.1). */
export interface ProofMemory {
  /**
   * True the first time that a proof is shown within `rememberMs`, false when it is shown again, at whichever gateway.
   * Throws, or rejects with, ProofMemoryUnavailable when that cannot be known.
   */
  firstUse(proofId: string): boolean | Promise<boolean>
  /** The secret of a period of nonces: the same at every gateway. Fails like firstUse. */
  nonceSecret(period: number): Uint8Array | Promise<Uint8Array>
  close(): Promise<void>
}

/** A proof is taken with a nonce that is at most so old: what is remembered longer is never asked for. */
export const rememberMs = 480_000
export const nonceSecretBytes = 32

export class ProofMemoryUnavailable extends Error {
  override readonly name = 'ProofMemoryUnavailable'
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const orderBytes = Buffer.from(order.toString(16), 'hex')
const halfOrder = Buffer.from((order >> 1n).toString(16).padStart(64, '0'), 'hex')
const sFrom = 32

/**
 * Whether the s of an ES256 signature (r ‖ s) is the lower of the two that everybody can make of it without the key:
 * with (r, s) also (r, n − s) is right.
 */
export function hasLowS(signature: Uint8Array): boolean {
  return Buffer.compare(signature.subarray(sFrom), halfOrder) <= 0
}

/** The same ES256 signature (r ‖ s, 64 bytes) with the lower s: what an issuer writes, so that it has one spelling. */
export function toLowS(signature: Uint8Array): Uint8Array {
  if (hasLowS(signature)) return signature
  const low = Buffer.from(signature)
  let borrow = 0
  for (let at = sFrom - 1; at >= 0; at--) {
    const difference = (orderBytes[at] ?? 0) - (signature[sFrom + at] ?? 0) - borrow
    borrow = difference < 0 ? 1 : 0
    low[sFrom + at] = difference & 0xff
  }
  return low
}

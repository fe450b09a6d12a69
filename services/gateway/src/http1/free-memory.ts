/** So many bytes belong to a large body: from here on to free costs less than garbage. */
export const FREEABLE_BYTES = 16_384

/** Whether `freeMemory` frees it: it is large, and shares its memory with nobody. */
export function isFreeable({ buffer, byteLength }: Uint8Array): boolean {
  return byteLength >= FREEABLE_BYTES && buffer.byteLength === byteLength
}

/**
 * Frees the memory of large bytes that nobody reads or sends any more; they are empty then. Half of what a large body
 * costs would else be the garbage collector's search for whoever may still hold its pieces.
 */
export function freeMemory(bytes: Uint8Array): void {
  if (isFreeable(bytes) && bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0)
}

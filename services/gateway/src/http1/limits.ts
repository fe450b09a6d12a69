/** Every bound of a server's connections. Bytes where the name says so, milliseconds where it ends in `Ms`. */
export interface Http1Limits {
  /** Request line and headers; beyond: 431. */
  readonly headBytesMax: number
  /** Beyond: 414. */
  readonly targetBytesMax: number
  /** Beyond: 431. */
  readonly headersMax: number
  /** Chunk sizes, extensions and trailers between two bytes of a chunked body; beyond: the body is malformed. */
  readonly chunkOverheadBytesMax: number
  /** Bytes held of a body that nobody reads yet, or of further requests; beyond: the socket is not read. */
  readonly heldBytesMax: number
  /** Beyond: accepted and closed. */
  readonly connectionsMax: number
  /** Between two requests. */
  readonly idleMs: number
  /** From the first byte of a head to its last; beyond: 408. */
  readonly headMs: number
  /** From a whole head to what its handler decides; beyond: 500, for it must not hang. */
  readonly decisionMs: number
  /** Between two reads of a body that somebody waits for. */
  readonly bodyIdleMs: number
  /** Pace of such a body, after `bodyIdleMs` of grace. */
  readonly bodyBytesPerSecondMin: number
  /** Between two moves of a response that the client does not read. */
  readonly writeStallMs: number
  readonly tlsHandshakeMs: number
  /** How long a connection is read and discarded after its last response, lest a reset overtakes that response. */
  readonly lingerMs: number
  /** How long a drain waits for a further request on an idle connection before it closes it. */
  readonly drainIdleMs: number
}

export const defaultLimits: Http1Limits = {
  headBytesMax: 16_384,
  targetBytesMax: 8192,
  headersMax: 100,
  chunkOverheadBytesMax: 4096,
  heldBytesMax: 65_536,
  connectionsMax: 10_000,
  idleMs: 75_000,
  headMs: 10_000,
  decisionMs: 30_000,
  bodyIdleMs: 30_000,
  bodyBytesPerSecondMin: 500,
  writeStallMs: 30_000,
  tlsHandshakeMs: 10_000,
  lingerMs: 2000,
  drainIdleMs: 1000,
}

import type { Socket } from 'node:net'
import { ChannelCredentials } from '@grpc/grpc-js'

type ConnectorArguments = Parameters<ChannelCredentials['_createSecureConnector']>
type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>

/**
 * Gives a new connection up when its peer falls silent before it has answered in HTTP/2. grpc-js waits for that answer
 * without end (grpc-node #2785), and tries no other connection: the channel would be lost until the process restarts.
 * TCP's own part is bounded by the kernel.
 */
export class TimedCredentials extends ChannelCredentials {
  readonly #inner: ChannelCredentials
  readonly #connectMs: number

  constructor(inner: ChannelCredentials, connectMs: number) {
    super()
    this.#inner = inner
    this.#connectMs = connectMs
  }

  override _isSecure(): boolean {
    return this.#inner._isSecure()
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(...settings: ConnectorArguments): SecureConnector {
    const connector = this.#inner._createSecureConnector(...settings)
    return {
      connect: (socket) => connectWithin(this.#connectMs, connector, socket),
      waitForReady: () => connector.waitForReady(),
      getCallCredentials: () => connector.getCallCredentials(),
      destroy: () => connector.destroy(),
    }
  }
}

async function connectWithin(ms: number, connector: SecureConnector, tcp: Socket) {
  let secured: Socket | undefined
  const giveUp = setTimeout(() => {
    // A server's first bytes are its SETTINGS (RFC 9113 section 3.4).
    if (secured === undefined || secured.bytesRead === 0) tcp.destroy(new Error(`no answer within ${ms} ms`))
  }, ms)
  giveUp.unref()
  const result = await connector.connect(tcp)
  secured = result.socket
  return result
}

import type {
  IssueTokenRequest,
  IssueTokenResponse,
  StreamIssueTokenRequest,
  StreamIssueTokenResponse,
  TokenServiceClient,
} from '@gatehouse/contracts/token/v1/token_service'
import { GatehouseError, unavailable } from '@gatehouse/errors'
import { deadlines, type Waiting } from '../../http1/deadlines.ts'

/** What of a gRPC stream is used. */
type Stream = Pick<ReturnType<TokenServiceClient['streamIssueToken']>, 'write' | 'on' | 'cancel'>

export interface IssueTokenStreamOptions {
  readonly open: () => Stream
  /** Requests that wait for an answer at most; beyond: UNAVAILABLE at once. */
  readonly inFlightMax?: number
  readonly deadlineMs?: number
}

interface Pending extends Waiting {
  readonly stream: Stream
  resolve(response: IssueTokenResponse): void
  reject(error: Error): void
}

/** gRPC's code for a request that the service has no room or time for. */
const unavailableCode = 14

/**
 * IssueToken over one stream that lives as long as its peer: a unary call costs both sides about 390 µs more. A stream
 * that ends fails what waits on it, since nobody knows whether a code was redeemed; the next request opens another.
 */
export class IssueTokenStream {
  readonly #options: Required<IssueTokenStreamOptions>
  readonly #pending = new Map<bigint, Pending>()
  #stream: Stream | undefined
  #number = 0n

  constructor(options: IssueTokenStreamOptions) {
    this.#options = { inFlightMax: 2000, deadlineMs: 5000, ...options }
  }

  /** @throws UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL */
  issue(request: IssueTokenRequest): Promise<IssueTokenResponse> {
    if (this.#pending.size >= this.#options.inFlightMax)
      return Promise.reject(unavailable('OVERLOADED', 'too many token requests are under way'))
    this.#stream ??= this.#open()
    const stream = this.#stream
    this.#number += 1n
    const number = this.#number
    const { promise, resolve, reject } = Promise.withResolvers<IssueTokenResponse>()
    const pending: Pending = {
      ...{ stream, resolve, reject },
      deadline: performance.now() + this.#options.deadlineMs,
      expire: () => this.#take(number)?.reject(late()),
    }
    this.#pending.set(number, pending)
    deadlines.add(pending)
    const sent: StreamIssueTokenRequest = { number, request }
    stream.write(sent)
    return promise
  }

  close(): void {
    this.#stream?.cancel()
    this.#stream = undefined
  }

  #open(): Stream {
    const stream = this.#options.open()
    stream.on('data', (answer: StreamIssueTokenResponse) => this.#answered(answer))
    const over = () => this.#over(stream)
    stream.on('end', over)
    stream.on('error', over)
    return stream
  }

  #answered({ number, result }: StreamIssueTokenResponse): void {
    const pending = this.#take(number)
    if (result?.$case === 'response') pending?.resolve(result.value)
    else pending?.reject(failed(result?.value))
  }

  #over(stream: Stream): void {
    if (this.#stream === stream) this.#stream = undefined
    for (const [number, pending] of this.#pending) {
      if (pending.stream === stream) this.#take(number)?.reject(unavailable('TRANSPORT', 'the token service is away'))
    }
  }

  #take(number: bigint): Pending | undefined {
    const pending = this.#pending.get(number)
    if (!pending) return undefined
    this.#pending.delete(number)
    deadlines.delete(pending)
    return pending
  }
}

function late(): GatehouseError {
  return new GatehouseError('DEADLINE_EXCEEDED', { reason: 'TRANSPORT', message: 'the token service did not answer' })
}

function failed(code: number | undefined): GatehouseError {
  if (code === unavailableCode) return unavailable('TOKEN_SERVICE', 'the token service cannot answer now')
  return new GatehouseError('INTERNAL', { reason: 'TOKEN_SERVICE', message: `the token service failed with ${code}` })
}

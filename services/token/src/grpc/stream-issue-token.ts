import type {
  IssueTokenRequest,
  IssueTokenResponse,
  StreamIssueTokenRequest,
  StreamIssueTokenResponse,
} from '@gatehouse/contracts/token/v1/token_service'
import { GatehouseError } from '@gatehouse/errors'
import type { CallContext } from '@gatehouse/grpc-service'
import { status } from '@grpc/grpc-js'

type Issue = (request: IssueTokenRequest, context: CallContext) => Promise<IssueTokenResponse>

/** More than this of one caller wait at the caller. */
const inFlightMax = 1024

/** Answers the requests of one stream as they are done, not in their order: a slow one holds up none. */
export function streamIssueToken(issue: Issue) {
  return async function* (
    requests: AsyncIterable<StreamIssueTokenRequest>,
    context: CallContext,
  ): AsyncGenerator<StreamIssueTokenResponse> {
    const done: StreamIssueTokenResponse[] = []
    let inFlight = 0
    let ended = false
    let wake = Promise.withResolvers<void>()
    const settle = (response: StreamIssueTokenResponse) => {
      inFlight--
      done.push(response)
      wake.resolve()
    }
    const reading = readAll()
    // Told at the end. A connection that breaks before, or a stream that is given up, must not end the process.
    reading.catch(() => undefined)
    while (!(ended && inFlight === 0 && done.length === 0)) {
      for (const response of done.splice(0)) yield response
      if (done.length > 0 || (ended && inFlight === 0)) continue
      await wake.promise
      wake = Promise.withResolvers()
    }
    await reading

    async function readAll(): Promise<void> {
      try {
        for await (const { number, request } of requests) {
          inFlight++
          void answer(number, request).then(settle)
          while (inFlight >= inFlightMax) await wake.promise
        }
      } finally {
        ended = true
        wake.resolve()
      }
    }

    async function answer(number: bigint, request: IssueTokenRequest | undefined): Promise<StreamIssueTokenResponse> {
      try {
        const response = await issue(request ?? { endpoint: undefined, parameters: [] }, context)
        return { number, result: { $case: 'response', value: response } }
      } catch (error) {
        return { number, result: { $case: 'statusCode', value: statusOf(error) } }
      }
    }
  }
}

function statusOf(error: unknown): number {
  return error instanceof GatehouseError ? status[error.status] : status.INTERNAL
}

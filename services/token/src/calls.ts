import { parsePositions } from '@gatehouse/contracts/positions'
import type { AuthorizationServiceService } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Endpoint, TokenServiceService } from '@gatehouse/contracts/token/v1/token_service'
import { FactParked } from '@gatehouse/decision-state'
import { unavailable } from '@gatehouse/errors'
import type { UnaryCalls } from '@gatehouse/grpc-service'
import { ReadModelUnavailable } from '@gatehouse/read-model'
import { interact } from './authorize/interact.ts'
import { pushAuthorization } from './authorize/push-authorization.ts'
import { startDeviceAuthorization } from './device/start-device-authorization.ts'
import { introspect } from './introspect/introspect.ts'
import { issueToken } from './issue/token-endpoint.ts'
import { getUserInfo } from './issue/user-info.ts'
import { readReferenceToken } from './read/reference-tokens.ts'
import { revokeToken } from './revoke/revoke-token.ts'
import type { TokenParts } from './token-parts.ts'

/** What the gateway asks of the authorization server, over gRPC or, in one process, as it stands here. */
export type Calls = UnaryCalls<typeof TokenServiceService> & UnaryCalls<typeof AuthorizationServiceService>

export function createCalls(parts: TokenParts): Calls {
  const reached =
    <Request extends AtEndpoint, Response>(call: (parts: TokenParts, request: Request) => Promise<Response>) =>
    (request: Request) => {
      const { position = '' } = request.endpoint ?? {}
      const answer =
        position === '' ? call(parts, request) : awaitPosition(parts, position).then(() => call(parts, request))
      return answer.catch(unknownFact)
    }
  return {
    issueToken: reached(issueToken),
    introspect: reached(introspect),
    revokeToken: reached(revokeToken),
    async resolveReferenceToken({ environmentId, tokenId }) {
      return { referenceToken: await readReferenceToken(parts.store.pool, environmentId, tokenId) }
    },
    getUserInfo: reached(getUserInfo),
    pushAuthorization: reached(pushAuthorization),
    interact: reached(interact),
    startDeviceAuthorization: reached(startDeviceAuthorization),
  }
}

interface AtEndpoint {
  readonly endpoint?: Endpoint | undefined
}

/** As long as the gateway waits by default. */
const positionWaitMs = 2000

/** A write answers a position; who carries it is answered from no older state. */
async function awaitPosition({ state }: TokenParts, position: string): Promise<void> {
  const positions = parsePositions(position)
  if (positions && (await state.waitFor(positions, positionWaitMs))) return
  throw unavailable('POSITION_NOT_REACHED', 'the state is not at the position that is asked for')
}

/** What cannot be read is neither there nor missing: nothing is said of it. */
function unknownFact(error: unknown): never {
  if (error instanceof FactParked || error instanceof ReadModelUnavailable)
    throw unavailable('READ_MODEL_UNAVAILABLE', 'the state cannot be read at the moment', error)
  throw error
}

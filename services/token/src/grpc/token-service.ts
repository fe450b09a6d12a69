import { EventLogServiceService } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { TokenServiceService } from '@gatehouse/contracts/token/v1/token_service'
import { eventLogService } from '@gatehouse/event-store'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import type { Calls } from '../calls.ts'
import type { TokenStore } from '../store/token-store.ts'
import { type RecordParts, recorded } from './record.ts'
import { streamIssueToken } from './stream-issue-token.ts'

/** Internal services introspect and revoke too; everybody else comes through the gateway. */
const callers = ['gateway', 'credential', 'policy', 'audit', 'console'] as const

/** gatehouse.token.v1.TokenService. */
export function tokenService(calls: Calls, parts: RecordParts): BoundService {
  const issueToken = recorded(parts, 'token', calls.issueToken)
  return grpcService({
    definition: TokenServiceService,
    handlers: {
      issueToken,
      streamIssueToken: streamIssueToken(issueToken),
      introspect: recorded(parts, 'introspect', calls.introspect),
      revokeToken: recorded(parts, 'revoke', calls.revokeToken),
      resolveReferenceToken: calls.resolveReferenceToken,
      getUserInfo: recorded(parts, 'userinfo', calls.getUserInfo),
    },
    roles: {
      issueToken: callers,
      streamIssueToken: ['gateway'],
      introspect: callers,
      revokeToken: callers,
      resolveReferenceToken: ['gateway', 'policy'],
      getUserInfo: ['gateway'],
    },
  })
}

/** Who may read the log: those who follow it. */
export function tokenLogService(store: TokenStore): BoundService {
  const readers = ['gateway', 'policy', 'console']
  return grpcService({
    definition: EventLogServiceService,
    handlers: eventLogService(store),
    roles: { readEvents: readers, getHead: readers },
  })
}

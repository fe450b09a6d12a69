import { type Trail, writeRecord } from '@gatehouse/audit-trail'
import {
  type CheckRequest,
  type CheckResponse,
  DecisionServiceService,
  Outcome,
} from '@gatehouse/contracts/policy/v1/decision_service'
import { type Positions, parsePositions } from '@gatehouse/contracts/positions'
import type { DecisionState } from '@gatehouse/decision-state'
import { unavailable } from '@gatehouse/errors'
import { type BoundService, type CallContext, grpcService, type Logger } from '@gatehouse/grpc-service'
import type { Reason } from '@gatehouse/policy-engine'
import { type AskedCredential, type CheckParts, check, type Question } from '../decision/check.ts'
import { recordOf } from '../decision/record.ts'
import { Violations } from '../domain/violations.ts'

const callers = ['gateway', 'credential', 'policy', 'token', 'audit', 'console'] as const
const positionWaitMs = 2000

export interface DecisionDependencies extends CheckParts {
  readonly state: DecisionState
  readonly trail: Trail
  readonly logger: Logger
}

/** These are no denials: they say that the state cannot tell at the moment. */
const unknowns: ReadonlySet<Reason> = new Set([
  'position_not_reached',
  'state_stale',
  'read_model_unavailable',
  'token_service_unavailable',
])

/** gatehouse.policy.v1.DecisionService. */
export function decisionService(dependencies: DecisionDependencies): BoundService {
  return grpcService({
    definition: DecisionServiceService,
    handlers: { check: (request: CheckRequest, context: CallContext) => answer(dependencies, request, context) },
    roles: { check: callers },
  })
}

async function answer(
  { state, accessTokens, trail, logger }: DecisionDependencies,
  request: CheckRequest,
  { requestId }: CallContext,
): Promise<CheckResponse> {
  const question = parseQuestion(request)
  const demanded = parsePosition(request)
  const reached = await state.waitFor(demanded, positionWaitMs)
  const onError = (error: unknown) => logger.error({ err: error, requestId }, 'a decision failed')
  const decided = await check({ state, accessTokens }, question, onError)
  const verdict = reached ? decided : { ...decided, reason: 'position_not_reached' as const, principal: undefined }
  const decisionId = await writeRecord(trail, recordOf(question, verdict, state.positions() ?? {}, requestId))
  const { principal, match, reason } = verdict
  if (unknowns.has(reason)) throw unavailable(reason.toUpperCase(), `nothing can be decided: ${decisionId}`)
  return {
    outcome: reason === 'ok' ? Outcome.OUTCOME_ALLOW : Outcome.OUTCOME_DENY,
    reason,
    decisionId,
    clientId: principal?.clientId ?? '',
    subscriptionId: principal?.subscriptionId ?? '',
    operationId: match.kind === 'matched' ? match.operation.operationId : '',
    scopes: reason === 'ok' ? (principal?.scopes ?? []) : [],
  }
}

/** @throws INVALID_ARGUMENT for what no request could be; a path that is merely refused is a denial */
function parseQuestion({ environmentId, method, path, clientIp, credential }: CheckRequest): Question {
  const violations = new Violations()
  violations.require(/^[a-z0-9-]{1,32}$/.test(environmentId), 'environment_id', 'must be an environment id')
  violations.require(/^[A-Za-z-]{1,32}$/.test(method), 'method', 'must be an HTTP method')
  violations.require(path !== '', 'path', 'is required')
  violations.require(clientIp.length <= 64, 'client_ip', 'must be an address')
  violations.throwIfAny()
  return { environmentId, method, path, clientIp, credential: credentialOf(credential) }
}

/** A credential of a later version is one that cannot be right, not none. */
function credentialOf(credential: CheckRequest['credential']): AskedCredential {
  if (!credential) return { kind: 'none' }
  switch (credential.kind?.$case) {
    case 'apiKey':
      return { kind: 'api_key', text: credential.kind.value }
    case 'accessToken':
      return { kind: 'access_token', text: credential.kind.value }
    default:
      return { kind: 'unknown' }
  }
}

function parsePosition({ position }: CheckRequest): Positions {
  const demanded = position === '' ? {} : parsePositions(position)
  const violations = new Violations()
  violations.require(demanded !== undefined, 'position', 'must be positions like credential:12,policy:3')
  violations.throwIfAny()
  return demanded ?? {}
}

import { GatehouseError, type StatusName } from '@gatehouse/errors'
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'

interface FieldError {
  readonly field: string
  readonly detail: string
}

interface ProblemParts {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly FieldError[]
}

const statuses: Readonly<Record<StatusName, number>> = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  FAILED_PRECONDITION: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/**
 * Answers with an RFC 9457 problem: `type title status detail code request_id`, and `errors` with every field that is
 * wrong. Clients branch on `code`.
 */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  parts: ProblemParts,
): FastifyReply {
  const { code, detail, errors } = parts
  return reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send({
      type: `urn:gatehouse:problem:${code}`,
      title: titles[status] ?? 'Error',
      status,
      detail,
      code,
      request_id: request.id,
      ...(errors && errors.length > 0 && { errors }),
    })
}

/** Answers any error. What is not meant for a caller is logged under the request id and answered as a bare 500. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof GatehouseError && !consoleRefused.has(error.reason))
    return sendGatehouseError(error, request, reply)
  if (isValidationError(error)) {
    const errors = error.validation.map((violation) => fieldError(violation))
    const detail = errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ')
    return sendProblem(request, reply, 400, { code: 'invalid_field', detail, errors })
  }
  const status = isClientError(error) ? error.statusCode : 500
  if (status < 500 && isClientError(error)) {
    return sendProblem(request, reply, status, { code: clientErrorCode(status), detail: error.message })
  }
  request.log.error({ err: error }, 'internal error')
  return sendProblem(request, reply, 500, { code: 'internal', detail: `internal error, see the log for ${request.id}` })
}

/** A service refused the console itself: that is no matter of the operator's token or role. */
const consoleRefused: ReadonlySet<string> = new Set(['CLIENT_CERTIFICATE_REQUIRED', 'CALLER_NOT_ALLOWED'])

function sendGatehouseError(error: GatehouseError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.status === 'UNAVAILABLE' || error.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil((error.retryAfterMs ?? 1000) / 1000)))
  }
  const transport = error.reason === 'TRANSPORT'
  return sendProblem(request, reply, httpStatus(error), {
    code: (transport ? error.status : error.reason).toLowerCase(),
    // What the transport says names hosts and ports.
    detail: transport ? 'a service behind the console did not answer' : error.message,
    errors: error.violations.map(({ field, description }) => ({ field, detail: description })),
  })
}

function httpStatus({ status, reason }: GatehouseError): number {
  return reason === 'VERSION_CONFLICT' ? 412 : statuses[status]
}

function isValidationError(error: unknown): error is FastifyError & { validation: FastifySchemaValidationError[] } {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation)
}

function isClientError(error: unknown): error is Error & { statusCode: number } {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
}

function clientErrorCode(status: number): string {
  return status === 413 ? 'content_too_large' : status === 415 ? 'unsupported_media_type' : 'malformed_request'
}

/** `/restrictions/cidrs/2` with what Ajv says of it → `restrictions.cidrs[2]`. */
function fieldError({ instancePath, keyword, params, message }: FastifySchemaValidationError): FieldError {
  const named = keyword === 'required' ? params['missingProperty'] : params['additionalProperty']
  const path = typeof named === 'string' ? `${instancePath}/${named}` : instancePath
  const field = path
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
  if (keyword === 'required') return { field, detail: 'is required' }
  if (keyword === 'additionalProperties') return { field, detail: 'is not known' }
  if (keyword === 'enum') return { field, detail: `must be one of ${String(params['allowedValues'])}` }
  return { field: field || 'body', detail: message ?? 'is not valid' }
}

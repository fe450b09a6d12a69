import { type CallSettings, traced } from '@gatehouse/grpc-service'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Role } from '../operators/operator.ts'
import { callSettings, expectedVersionOf, requestIdOf } from './command.ts'
import { fromJson } from './json.ts'
import { body } from './schemas.ts'

type Properties = Readonly<Record<string, object>>

/** What an endpoint shows of itself in the OpenAPI document. */
interface Description {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly tag: string
  /** Of the OpenAPI document, and of the decision records: the name of the RPC in lower camel case. */
  readonly operationId: string
  readonly summary: string
  readonly role?: Role
  /** Query parameters; all of them texts. */
  readonly query?: Properties
  /** The fields of a write; without it there are none. */
  readonly body?: ReturnType<typeof body>
  /** What a success answers, and its status [200]. */
  readonly reply: Properties
  readonly status?: 200 | 201
}

/** One method of the management API over one RPC. */
export interface Endpoint<Request, Response> extends Description {
  /** The request message of the RPC. */
  readonly message: { fromJSON(object: unknown): Request }
  /** Arranges parameters, query and body as the message has them; by default side by side. */
  readonly arrange?: (input: Input) => object
  readonly call: (request: Request, settings: CallSettings) => Promise<Response>
  readonly answer: (response: Response) => object
}

export interface Input {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Adds an endpoint to the API and to its OpenAPI document. */
export function addEndpoint<Request, Response>(app: FastifyInstance, endpoint: Endpoint<Request, Response>): void {
  const { method, url, arrange = sideBySide, status = 200 } = endpoint
  app.route<{ Params: Input['params']; Querystring: Input['query']; Body: Input['body'] | undefined }>({
    method,
    url,
    schema: schemaOf(endpoint, status),
    ...(endpoint.role && { config: { role: endpoint.role } }),
    async preValidation(request) {
      // A write whose fields are all optional may come without a body.
      request.body ??= {}
    },
    async handler(request, reply) {
      const { expected_version, ...fields } = request.body ?? {}
      const arranged = arrange({ params: request.params, query: request.query, body: fields })
      const write = method === 'GET' ? {} : writeFields(request, expected_version)
      const message = endpoint.message.fromJSON(fromJson({ ...arranged, ...write }))
      const settings = callSettings(request)
      const response = await traced(`${method} ${url}`, 'server', settings.traceparent, (traceparent) =>
        endpoint.call(message, { ...settings, traceparent }),
      )
      const answer = endpoint.answer(response)
      const version = versionOf(answer)
      if (version !== undefined) reply.header('etag', `"${version}"`)
      return reply.code(status).send(answer)
    },
  })
}

function sideBySide({ params, query, body }: Input): object {
  return { ...query, ...body, ...params }
}

function writeFields(request: FastifyRequest, inBody: unknown): object {
  const expectedVersion = expectedVersionOf(request, inBody)
  return { request_id: requestIdOf(request), ...(expectedVersion && { expected_version: expectedVersion }) }
}

/** The version of the one resource that an answer shows. */
function versionOf(answer: object): number | undefined {
  const [first] = Object.values(answer)
  return typeof first === 'object' && first !== null && 'version' in first && typeof first.version === 'number'
    ? first.version
    : undefined
}

const id = { type: 'string', minLength: 1, maxLength: 128 }

function schemaOf(
  { url, tag, operationId, summary, query, body: fields = body({}), reply, method }: Description,
  status: number,
) {
  const params = [...url.matchAll(/:([a-z_]+)/g)].map(([, name]) => [name, id] as const)
  const writes = method !== 'GET'
  return {
    operationId,
    tags: [tag],
    summary,
    ...(params.length > 0 && { params: { type: 'object', properties: Object.fromEntries(params) } }),
    ...(query && { querystring: { type: 'object', properties: query, additionalProperties: false } }),
    ...(writes && {
      headers: writeHeaders,
      body: { ...fields, properties: { ...fields.properties, expected_version: expectedVersion } },
    }),
    response: {
      [status]: { type: 'object', properties: { ...reply, ...(writes && { position }) } },
      '4xx': { $ref: 'Problem#' },
      '5xx': { $ref: 'Problem#' },
    },
  }
}

const writeHeaders = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'Sent again, the write is not done again: its answer is replayed.',
    },
    'if-match': {
      type: 'string',
      description: 'ETag of the version that the write is based on; another is answered 412.',
    },
  },
}

const expectedVersion = { type: 'integer', minimum: 0, description: 'As If-Match, which goes before it.' }
const position = { type: 'string', description: 'For X-Gatehouse-Position: `credential:12`.' }

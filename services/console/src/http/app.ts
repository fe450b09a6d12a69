import { randomUUID } from 'node:crypto'
import swagger from '@fastify/swagger'
import type { Trail } from '@gatehouse/audit-trail'
import type { Logger } from '@gatehouse/grpc-service'
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify'
import type { OperatorStore } from '../operators/operator-file.ts'
import { apiKeyRoutes } from '../routes/api-keys.ts'
import { apiRoutes } from '../routes/apis.ts'
import { clientSecretRoutes } from '../routes/client-secrets.ts'
import { clientRoutes } from '../routes/clients.ts'
import { decisionRoutes } from '../routes/decisions.ts'
import { environmentRoutes } from '../routes/environments.ts'
import { grantRoutes } from '../routes/grants.ts'
import { initialAccessTokenRoutes } from '../routes/initial-access-tokens.ts'
import { ledgerRoutes } from '../routes/ledger.ts'
import { operatorRoutes } from '../routes/operators.ts'
import { planRoutes } from '../routes/plans.ts'
import { signingKeyRoutes } from '../routes/signing-keys.ts'
import { subscriptionRoutes } from '../routes/subscriptions.ts'
import { tokenRoutes } from '../routes/tokens.ts'
import { userRoutes } from '../routes/users.ts'
import type { Services } from '../services.ts'
import { authenticator } from './authenticate.ts'
import { sendError, sendProblem } from './problem.ts'
import { createRecorder } from './record.ts'
import { resourceSchemas } from './schemas.ts'

export interface AppDependencies {
  readonly services: Services
  readonly operators: OperatorStore
  /** Where every decision about an operator's request is recorded. */
  readonly trail: Trail
  readonly logger: Logger
}

const routes = [
  ...[environmentRoutes, apiRoutes, planRoutes, clientRoutes, clientSecretRoutes, initialAccessTokenRoutes],
  ...[subscriptionRoutes, apiKeyRoutes, userRoutes, grantRoutes, signingKeyRoutes, tokenRoutes, decisionRoutes],
  ledgerRoutes,
]

/** The largest body: an OpenAPI document of some thousand operations. */
const bodyBytesMax = 4 * 1024 * 1024

/** The management API, ready to listen. */
export async function createApp({ services, operators, trail, logger }: AppDependencies): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = logger
  const app: FastifyInstance = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    requestTimeout: 30_000,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    // Nothing is converted or removed in silence: what does not fit is named.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: true,
        allowUnionTypes: true,
      },
    },
    forceCloseConnections: true,
  })
  // Views have cut answers to what the API shows; compiled serialisers for every route would take most of the start.
  app.setSerializerCompiler(() => JSON.stringify)
  app.decorateRequest('operator', undefined)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...securityHeaders, 'x-request-id': request.id })
  })
  app.addHook('onRequest', authenticator(operators, createRecorder(trail)))
  app.addHook('onResponse', async (request, { statusCode }) => logWrite(request, statusCode))
  app.setErrorHandler(sendError)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, 404, { code: 'not_found', detail: `${request.method} ${request.url} does not exist` }),
  )
  acceptEmptyBodies(app)
  for (const schema of resourceSchemas) app.addSchema(schema)
  await app.register(swagger, openapi)
  await app.register(async (v1) => {
    for (const add of routes) add(v1, services)
    operatorRoutes(v1, operators)
    v1.get('/v1/openapi.json', { config: { role: 'public' }, schema: { hide: true } }, () => app.swagger())
  })
  return app
}

/** Who changed what: the services know the console alone. */
function logWrite(request: FastifyRequest, status: number): void {
  const { method, operator, url } = request
  if (method === 'GET' || method === 'HEAD') return
  request.log.info({ operator: operator?.operatorId, method, path: url.split('?', 1)[0], status }, 'write')
}

function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : randomUUID()
}

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
}

/** A write without fields may come without a body, whatever its content type says: the schema decides. */
function acceptEmptyBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {})
    else parse(request, String(body), done)
  })
}

const openapi = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Gatehouse management API',
      version: '1.0.0',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    components: { securitySchemes: { operator: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ operator: [] }],
  },
  refResolver: {
    buildLocalReference: (json: { $id?: unknown }, _base: unknown, _fragment: unknown, index: number) =>
      typeof json.$id === 'string' ? json.$id : `schema-${index}`,
  },
}

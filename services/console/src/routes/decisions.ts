import { Readable } from 'node:stream'
import {
  DecisionFilter,
  GetCompletenessRequest,
  GetDecisionRequest,
  ListDecisionsRequest,
} from '@gatehouse/contracts/audit/v1/audit_service'
import type { FastifyInstance } from 'fastify'
import { callSettings } from '../http/command.ts'
import { addEndpoint, type Input } from '../http/endpoint.ts'
import { toJson } from '../http/json.ts'
import { pageQuery, ref, refs, text, time } from '../http/schemas.ts'
import { decisionView, page } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'decisions'
const collection = '/v1/decisions'

const filterQuery = {
  start_time: time,
  end_time: time,
  environment_id: text(),
  api_id: text(),
  operation_id: text(),
  client_id: text(),
  credential_id: text(),
  reason: text(),
  request_id: text(),
  allowed: { type: 'string', enum: ['true', 'false'] },
}

export function decisionRoutes(app: FastifyInstance, services: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists decisions, the newest first.' },
    query: { ...filterQuery, ...pageQuery },
    reply: { decisions: refs('Decision'), next_page_token: text() },
    operationId: 'listDecisions',
    message: ListDecisionsRequest,
    arrange: ({ query: { page_size, page_token, ...filter } }) => ({ page_size, page_token, filter: filterOf(filter) }),
    call: services.audit.listDecisions,
    answer: ({ decisions, nextPageToken }) => page('decisions', decisions.map(decisionView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: `${collection}/:decision_id`, tag, summary: 'Shows a decision with its record.' },
    reply: { decision: ref('Decision') },
    operationId: 'getDecision',
    message: GetDecisionRequest,
    call: services.audit.getDecision,
    answer: ({ decision }) => ({ decision: decisionView(decision) }),
  })
  addEndpoint(app, {
    ...{
      method: 'GET',
      url: '/v1/completeness',
      tag,
      summary: 'Shows the last record of every node and what is missing.',
    },
    reply: { nodes: refs('Completeness') },
    operationId: 'getCompleteness',
    message: GetCompletenessRequest,
    call: services.audit.getCompleteness,
    answer: ({ nodes }) => ({ nodes: nodes.map((node) => toJson(node)) }),
  })
  followRoute(app, services)
}

/** `allowed` as the boolean it stands for: `fromJSON` takes every text for true. */
function filterOf({ allowed, ...texts }: Input['query']): object {
  return { ...texts, ...(allowed !== undefined && { allowed: allowed === 'true' }) }
}

function followRoute(app: FastifyInstance, { audit }: Services): void {
  app.get<{ Querystring: Input['query'] }>(
    `${collection}/follow`,
    {
      schema: {
        operationId: 'followDecisions',
        tags: [tag],
        summary: 'Streams decisions as they are stored: lines of JSON, or events for `Accept: text/event-stream`.',
        querystring: { type: 'object', properties: filterQuery, additionalProperties: false },
      },
    },
    async (request, reply) => {
      const events = request.headers.accept?.includes('text/event-stream') ?? false
      const filter = DecisionFilter.fromJSON(filterOf(request.query))
      const decisions = audit.tailDecisions({ filter }, callSettings(request))
      const format = (decision: object) =>
        events ? `data: ${JSON.stringify(decision)}\n\n` : `${JSON.stringify(decision)}\n`
      async function* lines() {
        // Sends the head at once: a follower knows that it follows before the first decision comes.
        yield events ? ': following\n\n' : '\n'
        for await (const { decision } of decisions) yield format(decisionView(decision))
      }
      return reply
        .header('content-type', events ? 'text/event-stream' : 'application/x-ndjson')
        .send(Readable.from(lines(), { objectMode: false }))
    },
  )
}

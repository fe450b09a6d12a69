import type { FastifyInstance } from 'fastify'
import { toJson } from '../http/json.ts'
import { body, ref, refs } from '../http/schemas.ts'
import { type Role, roles } from '../operators/operator.ts'
import type { OperatorStore } from '../operators/operator-file.ts'

const tags = ['operators']
const config = { role: 'admin' } as const
const operatorId = { type: 'string', pattern: '^[a-z][a-z0-9_-]{0,62}$' }
const failures = { '4xx': { $ref: 'Problem#' }, '5xx': { $ref: 'Problem#' } }

/** Operators and their tokens: for admins alone. */
export function operatorRoutes(app: FastifyInstance, operators: OperatorStore): void {
  const listed = { type: 'object', properties: { operators: refs('Operator') } }
  app.get(
    '/v1/operators',
    {
      config,
      schema: {
        operationId: 'listOperators',
        tags,
        summary: 'Lists operators.',
        response: { 200: listed, ...failures },
      },
    },
    async () => ({ operators: operators.list().map((operator) => toJson(operator)) }),
  )

  const added = { type: 'object', properties: { operator: ref('Operator'), token: { type: 'string' } } }
  app.post<{ Body: { operator_id: string; role: Role } }>(
    '/v1/operators',
    {
      config,
      schema: {
        operationId: 'addOperator',
        tags,
        summary: 'Adds an operator; the token is shown this once.',
        body: body({ operator_id: operatorId, role: { enum: roles } }, ['operator_id', 'role']),
        response: { 201: added, ...failures },
      },
    },
    async (request, reply) => {
      const { operator, token } = await operators.add(request.body.operator_id, request.body.role)
      return reply.code(201).send({ operator: toJson(operator), token })
    },
  )

  app.delete<{ Params: { operator_id: string } }>(
    '/v1/operators/:operator_id',
    {
      config,
      schema: {
        operationId: 'removeOperator',
        tags,
        summary: 'Removes an operator: the token stops working at once.',
        params: { type: 'object', properties: { operator_id: operatorId } },
        response: { 204: { type: 'null' }, ...failures },
      },
    },
    async (request, reply) => {
      await operators.remove(request.params.operator_id)
      return reply.code(204).send()
    },
  )
}

import { Readable } from 'node:stream'
import {
  GetCheckpointRequest,
  GetConsistencyProofRequest,
  GetInclusionProofRequest,
} from '@gatehouse/contracts/audit/v1/ledger_service'
import type { FastifyInstance } from 'fastify'
import { callSettings } from '../http/command.ts'
import { addEndpoint } from '../http/endpoint.ts'
import { number, text } from '../http/schema-basics.ts'
import type { Services } from '../services.ts'

const tag = 'ledger'
const hashes = { type: 'array', items: text(), description: 'SHA-256 in base64, from the leaf up.' }
const size = { type: 'string', pattern: '^[0-9]{1,15}$' }

export function ledgerRoutes(app: FastifyInstance, { ledger }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: '/v1/ledger/checkpoint', tag },
    summary: 'Signs the tree over the ledger as it stands (C2SP tlog-checkpoint).',
    reply: { checkpoint: text(), verifier_key: text() },
    operationId: 'getCheckpoint',
    message: GetCheckpointRequest,
    call: ledger.getCheckpoint,
    answer: ({ checkpoint, verifierKey }) => ({ checkpoint, verifier_key: verifierKey }),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: '/v1/decisions/:decision_id/inclusion-proof', tag },
    summary: 'Shows that a record is in the tree (RFC 9162 section 2.1.3).',
    query: { tree_size: size },
    reply: { leaf_index: number, hashes, checkpoint: text(), record: text() },
    operationId: 'getInclusionProof',
    message: GetInclusionProofRequest,
    call: ledger.getInclusionProof,
    answer: ({ leafIndex, hashes, checkpoint, record }) => ({
      leaf_index: Number(leafIndex),
      hashes: hashes.map(base64),
      checkpoint,
      record: base64(record),
    }),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: '/v1/ledger/consistency-proof', tag },
    summary: 'Shows that the tree has grown from a smaller one (RFC 9162 section 2.1.4).',
    query: { from_size: size, to_size: size },
    reply: { hashes, checkpoint: text() },
    operationId: 'getConsistencyProof',
    message: GetConsistencyProofRequest,
    call: ledger.getConsistencyProof,
    answer: ({ hashes, checkpoint }) => ({ hashes: hashes.map(base64), checkpoint }),
  })
  app.get(
    '/v1/ledger/export',
    {
      schema: {
        operationId: 'exportLedger',
        tags: [tag],
        summary: 'Streams the ledger: a line with a checkpoint, then each record as it was stored.',
      },
    },
    async (request, reply) => {
      async function* lines() {
        for await (const { lines } of ledger.exportLedger({}, callSettings(request)))
          for (const line of lines) yield Buffer.concat([line, lineEnd])
      }
      return reply.header('content-type', 'application/x-ndjson').send(Readable.from(lines(), { objectMode: false }))
    },
  )
}

const lineEnd = Buffer.from('\n')

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

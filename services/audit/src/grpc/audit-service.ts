import { AuditServiceService } from '@gatehouse/contracts/audit/v1/audit_service'
import { notFound } from '@gatehouse/errors'
import { orStoreError } from '@gatehouse/event-store'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import type pg from 'pg'
import { readCompleteness } from '../read/completeness.ts'
import { findDecision, listDecisions } from '../read/decisions.ts'
import type { Tail } from '../read/tail.ts'
import type { Ledger } from '../store/ledger.ts'
import { inOrder } from './in-order.ts'
import { untilAborted } from './until-aborted.ts'

interface Parts {
  readonly pool: pg.Pool
  readonly ledger: Ledger
  readonly tail: Tail
}

const writers = ['gateway', 'policy', 'console']
const readers = ['console']

/** Of one stream: one is stored while the next one is read, and a third is on its way. */
const REQUESTS_IN_FLIGHT = 3

/** gatehouse.audit.v1.AuditService: those who decide write, the console reads. */
export function auditService({ pool, ledger, tail }: Parts): BoundService {
  return grpcService<typeof AuditServiceService>({
    definition: AuditServiceService,
    roles: {
      ingest: writers,
      listDecisions: readers,
      getDecision: readers,
      tailDecisions: readers,
      getCompleteness: readers,
    },
    handlers: {
      async *ingest(requests, { caller, signal }) {
        const source = `grpc ${caller}`
        yield* inOrder(untilAborted(requests, signal), REQUESTS_IN_FLIGHT, async ({ records }) => {
          const appended = await orStoreError(ledger.append({ records, source }))
          return {
            storedCount: appended.stored,
            duplicateCount: appended.duplicates,
            rejectedCount: appended.rejected,
          }
        })
      },
      listDecisions: ({ filter, pageSize, pageToken }) =>
        orStoreError(listDecisions(pool, filter, pageSize, pageToken)),
      async getDecision({ decisionId }) {
        const decision = await orStoreError(findDecision(pool, decisionId))
        if (!decision) throw notFound('decision', decisionId)
        return { decision }
      },
      async *tailDecisions({ filter }, { signal }) {
        for await (const decision of tail.follow(filter, signal)) yield { decision }
      },
      getCompleteness: async () => ({ nodes: await orStoreError(readCompleteness(pool)) }),
    },
  })
}

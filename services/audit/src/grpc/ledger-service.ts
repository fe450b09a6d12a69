import { LedgerServiceService } from '@gatehouse/contracts/audit/v1/ledger_service'
import { invalidArgument, notFound } from '@gatehouse/errors'
import { orStoreError } from '@gatehouse/event-store'
import { type BoundService, grpcService } from '@gatehouse/grpc-service'
import { consistencyProof, inclusionProof, type Signer, signCheckpoint } from '@gatehouse/transparency-log'
import type pg from 'pg'
import { findRow } from '../read/decisions.ts'
import { exportLines } from '../read/export.ts'
import { readTree, type Tree } from '../read/tree.ts'
import type { TreeGrowth } from '../tree-growth.ts'

interface Parts {
  readonly pool: pg.Pool
  readonly growth: TreeGrowth
  readonly signer: Signer
}

const readers = ['console']

/** gatehouse.audit.v1.LedgerService. */
export function ledgerService({ pool, growth, signer }: Parts): BoundService {
  async function treeOf(size: bigint, field: string): Promise<Tree> {
    await orStoreError(growth.catchUp())
    return orStoreError(readTree(pool, size, field))
  }
  const sign = ({ size, root }: Tree) => signCheckpoint(signer, size, root)

  return grpcService<typeof LedgerServiceService>({
    definition: LedgerServiceService,
    roles: {
      getCheckpoint: readers,
      getInclusionProof: readers,
      getConsistencyProof: readers,
      exportLedger: readers,
    },
    handlers: {
      async getCheckpoint() {
        return { checkpoint: sign(await treeOf(0n, 'size')), verifierKey: signer.verifierKey }
      },
      async getInclusionProof({ decisionId, treeSize }) {
        const row = await orStoreError(findRow(pool, decisionId))
        if (!row) throw notFound('decision', decisionId)
        const tree = await treeOf(treeSize, 'tree_size')
        const index = Number(row.position) - 1
        if (index >= tree.size) throw notFound('decision', `${decisionId} in a tree of ${tree.size}`)
        const hashes = await orStoreError(inclusionProof(tree.readNode, index, tree.size))
        return { leafIndex: BigInt(index), hashes, checkpoint: sign(tree), record: row.json }
      },
      async getConsistencyProof({ fromSize, toSize }) {
        const tree = await treeOf(toSize, 'to_size')
        const from = Number(fromSize)
        if (from < 0 || from > tree.size)
          throw invalidArgument([{ field: 'from_size', description: `not from 0 to ${tree.size}` }])
        return { hashes: await orStoreError(consistencyProof(tree.readNode, from, tree.size)), checkpoint: sign(tree) }
      },
      async *exportLedger() {
        const tree = await treeOf(0n, 'size')
        for await (const lines of exportLines(pool, tree, sign(tree))) yield { lines }
      },
    },
  })
}

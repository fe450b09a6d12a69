import { verifyExport } from '@gatehouse/transparency-log'
import type { ExportedLedger } from '../evidence.ts'
import type { History } from '../history.ts'

/**
 * The ledger is what its checkpoint was signed for, begins with what it was signed for after each fault, and holds so many
 * records.
 */
export async function checkLedger(
  { lines, verifierKey }: ExportedLedger,
  { faults = [] }: Pick<History, 'faults'>,
  decisions: number,
): Promise<string[]> {
  const earlier = faults.flatMap(({ checkpoint }) => checkpoint ?? [])
  try {
    const { records } = await verifyExport(lines, { verifierKey, earlier })
    return records < decisions ? [`the tree over the ledger has ${records} of its ${decisions} records`] : []
  } catch (error) {
    return [`the ledger does not verify: ${error instanceof Error ? error.message : String(error)}`]
  }
}

import { checkCommands } from './check/commands.ts'
import { checkLogOrder } from './check/log-order.ts'
import { checkRecords } from './check/records.ts'
import { checkRevocation, type RevocationBound } from './check/revocation.ts'
import { collect } from './evidence.ts'
import type { History } from './history.ts'
import type { Installation } from './installation.ts'

/** All that must hold after any fault; answers what does not. */
export async function violationsOf(
  installation: Installation,
  history: History,
  bound: RevocationBound,
): Promise<string[]> {
  const evidence = await collect(installation, history)
  return [
    ...checkCommands(history, evidence),
    ...checkLogOrder(evidence),
    ...checkRecords(history, evidence),
    ...checkRevocation(history, bound),
  ]
}

/** So many outcomes, for the message of a test that saw too little. */
export function tally({ commands, calls }: History): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of commands) counts[`commands ${outcome}`] = (counts[`commands ${outcome}`] ?? 0) + 1
  for (const { status } of calls) counts[`calls ${status}`] = (counts[`calls ${status}`] ?? 0) + 1
  return counts
}

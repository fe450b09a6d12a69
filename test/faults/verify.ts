import { checkCommands } from './check/commands.ts'
import { checkLag } from './check/lag.ts'
import { checkLedger } from './check/ledger.ts'
import { checkLogOrder } from './check/log-order.ts'
import { checkModel } from './check/model.ts'
import { checkNewEnemy } from './check/new-enemy.ts'
import { checkOnce } from './check/once.ts'
import { checkRecords } from './check/records.ts'
import { checkRevocation, type RevocationBound } from './check/revocation.ts'
import { checkUpstreamHits } from './check/upstream-hits.ts'
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
  const { logs, decisions, model, fold, ledger } = evidence
  return [
    ...checkCommands(history, { events: Object.values(logs).flatMap(({ events }) => events) }),
    ...Object.values(logs).flatMap(checkLogOrder),
    ...checkModel(model, fold),
    ...checkRecords(history, evidence),
    ...(await checkLedger(ledger, history, decisions.length)),
    ...checkUpstreamHits(installation.upstream?.hits ?? [], decisions),
    ...checkRevocation(history, bound),
    ...checkOnce(history),
    ...checkNewEnemy(history),
    ...checkLag(history),
  ]
}

/** So many outcomes, for the message of a test that saw too little. */
export function tally({ commands, calls, redemptions = [] }: History): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { outcome } of commands) counts[`commands ${outcome}`] = (counts[`commands ${outcome}`] ?? 0) + 1
  for (const { kind, outcome } of redemptions) counts[`${kind} ${outcome}`] = (counts[`${kind} ${outcome}`] ?? 0) + 1
  for (const { status } of calls) counts[`calls ${status}`] = (counts[`calls ${status}`] ?? 0) + 1
  return counts
}

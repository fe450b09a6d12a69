import type { Fault, History } from '../history.ts'

/** After every fault nothing lags within so long, by itself. */
export function checkLag({ faults = [] }: Pick<History, 'faults'>, boundMs = 60_000): string[] {
  return faults.filter((fault) => lagMs(fault) > boundMs).map(({ name }) => `something still lags after: ${name}`)
}

const lagMs = ({ to, settledAt }: Fault) => (settledAt ?? Number.POSITIVE_INFINITY) - to

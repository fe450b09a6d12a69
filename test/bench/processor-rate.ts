import { processorSeconds } from './process.ts'
import { type Load, requestsPerSecond } from './wrk.ts'

type Process = Parameters<typeof processorSeconds>[0]

/**
 * Loads what some processes serve together.
 * @returns requests for each second of processor time that they used: that does not change with who else uses the
 * machine, as far as the others leave the caches alone
 */
export async function requestsPerProcessorSecond(processes: readonly Process[], load: Load): Promise<number> {
  const used = () => processes.reduce((sum, process) => sum + processorSeconds(process), 0)
  const before = used()
  const rate = await requestsPerSecond(load)
  return (rate * load.seconds) / (used() - before)
}

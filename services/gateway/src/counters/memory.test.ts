import { countersContract } from './counters.contract.ts'
import { createMemoryCounters } from './memory.ts'

countersContract('memory', async () => createMemoryCounters())

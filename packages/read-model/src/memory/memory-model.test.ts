import { readModelContract } from '../read-model.contract.ts'
import { createMemoryModel } from './memory-model.ts'

readModelContract('memory', {
  open: async () => createMemoryModel(),
  settled: async () => {},
  close: async () => {},
})

import { expiryContract } from '../expiry.contract.ts'
import { readModelContract } from '../read-model.contract.ts'
import { createMemoryModel } from './memory-model.ts'

const under = {
  open: async () => createMemoryModel(),
  settled: async () => {},
  close: async () => {},
}

readModelContract('memory', under)
expiryContract('memory', under)

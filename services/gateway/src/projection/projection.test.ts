import { createMemoryModel } from '@gatehouse/read-model'
import { projectionContract } from './projection.contract.ts'

projectionContract('memory', async () => createMemoryModel())

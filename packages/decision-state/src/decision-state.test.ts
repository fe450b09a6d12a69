import { createMemoryModel } from '@gatehouse/read-model'
import { decisionStateContract } from './decision-state.contract.ts'

decisionStateContract('memory', async () => createMemoryModel())

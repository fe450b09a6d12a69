import { pathContract } from './path.contract.ts'

pathContract('embedded')

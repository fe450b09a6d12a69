import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startToken } from './service.ts'

await runMain('token', (logger) => startToken(readConfig(), { logger }))

import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startPolicy } from './service.ts'

await runMain('policy', (logger) => startPolicy(readConfig(), { logger }))

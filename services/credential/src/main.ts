import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startCredential } from './service.ts'

await runMain('credential', (logger) => startCredential(readConfig(), { logger }))

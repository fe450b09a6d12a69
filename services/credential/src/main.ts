import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startCredentialService } from './service.ts'

await runMain('credential', (logger) => startCredentialService(readConfig(), { logger }))

import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startAudit } from './service.ts'

await runMain('audit', (logger) => startAudit(readConfig(), { logger }))

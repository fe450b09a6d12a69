import { join } from 'node:path'
import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startConsole } from './service.ts'

await runMain('console', async (logger) => {
  const config = readConfig()
  const running = await startConsole(config, { logger })
  if (running.firstOperatorToken) {
    // Not through the logger, which would redact it. What is no terminal is kept, and others read it.
    const shown = process.stdout.isTTY ? running.firstOperatorToken : `see ${join(config.dataDir, 'operator-token')}`
    process.stdout.write(`first operator token (admin): ${shown}\n`)
  }
  return running
})

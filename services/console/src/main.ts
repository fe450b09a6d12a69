import { runMain } from '@gatehouse/grpc-service'
import { readConfig, startConsole } from './service.ts'

await runMain('console', async (logger) => {
  const config = readConfig()
  const running = await startConsole(config, { logger })
  if (running.firstOperatorToken) {
    // Not through the logger, which would redact it: this is the one place where it is shown.
    process.stdout.write(`first operator token (admin): ${running.firstOperatorToken}\n`)
  }
  return running
})

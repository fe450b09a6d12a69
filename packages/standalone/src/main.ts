import { createLogger, runMain } from '@gatehouse/grpc-service'
import { startDemo } from './demo/start-demo.ts'
import { startEmbedded } from './embedded.ts'
import { asConfigurationError, dataDirectory } from './settings.ts'

// Logs are for whoever looks for them: a newcomer reads the announcement.
process.env['GATEHOUSE_LOG_LEVEL'] ??= 'warn'

await runMain('gatehouse', async () => {
  const dataDir = dataDirectory()
  const embedded = await startEmbedded({ dataDir, environment: process.env, logger: createLogger }).catch((error) => {
    throw asConfigurationError(error)
  })
  const demo = await startDemo({ dataDir, addresses: embedded.addresses, upstreamPort: 0 }).catch(async (error) => {
    await embedded.close()
    throw error
  })
  process.stdout.write(demo.announcement)
  return {
    async close() {
      await embedded.close()
      await demo.close()
    },
  }
})

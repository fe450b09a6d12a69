import { defineConfig } from 'vitest/config'

const servers = ['packages/testkit/src/shared/global-setup.ts']
const integration = '{packages,services,deploy,test}/**/*.integration.test.ts'

/** unit: no server. integration: real servers, one of each for the run. e2e: the whole product. faults: things break. */
export default defineConfig({
  test: {
    pool: 'forks',
    // Two cores; servers need some of them too.
    maxWorkers: 2,
    restoreMocks: true,
    // A slow machine is no failure: whoever waits for a condition waits long.
    expect: { poll: { timeout: 30_000, interval: 10 } },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,services,deploy,test}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', integration, 'test/{e2e,faults,conformance,bench,fuzz}/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'fuzz',
          include: ['test/fuzz/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: [integration],
          maxWorkers: 3,
          globalSetup: servers,
          testTimeout: 180_000,
          // The first file that asks for Kafka may wait for its fetch.
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: servers,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: servers,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})

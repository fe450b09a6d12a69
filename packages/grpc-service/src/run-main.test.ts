import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const index = fileURLToPath(new URL('index.ts', import.meta.url))

/** Runs `runMain` in a process of its own; `onReady` acts on it once it has printed `ready`. */
function run(start: string, onReady: (kill: (signal: NodeJS.Signals) => void) => void = () => undefined, env = {}) {
  const script = `import { ConfigurationError, readEnv, runMain, text } from ${JSON.stringify(index)}
    await runMain('audit', async () => { ${start} })
    process.stdout.write('ready\\n')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { env })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
    if (String(chunk).includes('ready')) onReady((signal) => child.kill(signal))
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, ...output })),
  )
}

const alive = 'const timer = setInterval(() => {}, 1000)'

test('a wrong setting is one line that names it, and exit code 1', async () => {
  const { code, stderr } = await run(`readEnv({ url: text('GATEHOUSE_POSTGRES_URL') })`)
  expect([code, stderr]).toEqual([1, 'audit: GATEHOUSE_POSTGRES_URL is required\n'])
})

test('so is a log level that there is not', async () => {
  const { code, stderr } = await run('', undefined, { GATEHOUSE_LOG_LEVEL: 'loud' })
  const levels = 'trace, debug, info, warn, error, fatal or silent'
  expect([code, stderr]).toEqual([1, `audit: GATEHOUSE_LOG_LEVEL must be ${levels}\n`])
})

test('any other error is a log line and exit code 1', async () => {
  const { code, stdout } = await run(`throw new Error('broken')`)
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ service: 'audit', level: 60, err: { message: 'broken' } })
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops the service before the process ends with 0', async (signal) => {
  const stop = `return { async close() { clearInterval(timer); process.stdout.write('closed\\n') } }`
  const { code, stdout } = await run(`${alive}; ${stop}`, (kill) => kill(signal))
  expect(code).toBe(0)
  expect(stdout).toContain('closed')
})

test('a second signal ends a process that does not stop', async () => {
  const { code } = await run(
    `${alive}; return { close: () => new Promise(() => { process.stdout.write('ready\\n') }) }`,
    (kill) => kill('SIGTERM'),
  )
  expect(code).toBe(1)
})

test('an unhandled rejection later on ends the process with 1', async () => {
  const { code } = await run(
    `${alive}; setImmediate(() => Promise.reject(new Error('late'))); return { close: async () => {} }`,
  )
  expect(code).toBe(1)
})

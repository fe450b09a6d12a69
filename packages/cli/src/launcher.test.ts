import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const launcher = fileURLToPath(new URL('../bin/gatehouse.js', import.meta.url))

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [launcher, ...args], { env: { ...process.env, ...env } }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

test('the launcher runs the CLI and ends with its exit code', async () => {
  expect(await launch(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Usage: gatehouse'), err: '' })
  expect(await launch(['keys', 'list'])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('--environment'),
  })
  const lost = { GATEHOUSE_OPERATOR_TOKEN: 'gho_x', GATEHOUSE_CONSOLE_URL: 'http://127.0.0.1:1' }
  expect(await launch(['environments', 'list'], lost)).toMatchObject({ code: 1, out: '' })
})

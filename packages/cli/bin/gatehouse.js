#!/usr/bin/env node
// Runs the CLI with the Node that the project pins: the machine's own may not read TypeScript. Plain JavaScript for
// that reason.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** `node_modules/.bin/node`, here or further up. */
function pinnedNode(directory) {
  const node = join(directory, 'node_modules', '.bin', 'node')
  if (existsSync(node)) return node
  const parent = dirname(directory)
  return parent === directory ? process.execPath : pinnedNode(parent)
}

const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)]
const child = spawn(pinnedNode(dirname(main)), args, { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  process.stderr.write(`gatehouse: ${error.message}\n`)
  process.exitCode = 1
})
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1)
})

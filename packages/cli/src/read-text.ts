import { readFile } from 'node:fs/promises'
import { CliError } from './cli-error.ts'
import { isRecord, type Json } from './record.ts'

/** A file without the blanks around its text; undefined when there is none. @throws CliError when it cannot be read */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A file that must be there. @throws CliError */
export async function requireText(path: string): Promise<string> {
  const text = await readText(path)
  if (text === undefined) throw new CliError(`cannot read ${path}: it does not exist`)
  return text
}

/** A JSON object in a file; an empty one when there is no file. @throws CliError when it is none */
export async function readJson(path: string): Promise<Json> {
  const text = await readText(path)
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {}
  throw new CliError(`${path} is not JSON`)
}

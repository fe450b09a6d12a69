import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'

/** Where the management REST is and who we are there. */
export interface ConsoleSettings {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

type Environment = Readonly<Record<string, string | undefined>>

const defaultUrl = 'http://127.0.0.1:8081'

/**
 * Finds the console and its operator token: GATEHOUSE_CONSOLE_URL, else the local one; GATEHOUSE_OPERATOR_TOKEN, else
 * what a console that was started here has left in GATEHOUSE_DATA_DIR (`./data`).
 * @throws CliError when there is no token, or the URL is none.
 */
export async function findConsole(env: Environment): Promise<ConsoleSettings> {
  const directory = env['GATEHOUSE_DATA_DIR'] || 'data'
  const demo = await readDemo(join(directory, 'demo.json'))
  const url = env['GATEHOUSE_CONSOLE_URL'] || demo.console || defaultUrl
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CliError(`GATEHOUSE_CONSOLE_URL is not an http URL: ${url}`)
  const token = env['GATEHOUSE_OPERATOR_TOKEN'] || (await readText(join(directory, 'operator-token'))) || demo.token
  if (!token)
    throw new CliError(
      `no operator token: set GATEHOUSE_OPERATOR_TOKEN, or GATEHOUSE_DATA_DIR to where the console keeps its own (looked in ${directory})`,
    )
  return { url: url.replace(/\/+$/, ''), token }
}

async function readDemo(path: string): Promise<{ console?: string; token?: string }> {
  const text = await readText(path)
  if (text === undefined) return {}
  try {
    const { console, operator_token } = JSON.parse(text) as Record<string, unknown>
    return {
      ...(typeof console === 'string' && { console }),
      ...(typeof operator_token === 'string' && { token: operator_token }),
    }
  } catch {
    throw new CliError(`${path} is not JSON`)
  }
}

/** Undefined when there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CliError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

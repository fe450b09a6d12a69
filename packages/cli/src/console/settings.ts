import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { readJson, readText } from '../read-text.ts'
import { textIn } from '../record.ts'

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
  const demo = await readJson(join(directory, 'demo.json'))
  const url = env['GATEHOUSE_CONSOLE_URL'] || textIn(demo, 'console') || defaultUrl
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CliError(`GATEHOUSE_CONSOLE_URL is not an http URL: ${url}`)
  const kept = await readText(join(directory, 'operator-token'))
  const token = env['GATEHOUSE_OPERATOR_TOKEN'] || kept || textIn(demo, 'operator_token')
  if (!token)
    throw new CliError(
      `no operator token: set GATEHOUSE_OPERATOR_TOKEN, or GATEHOUSE_DATA_DIR to where the console keeps its own (looked in ${directory})`,
    )
  return { url: url.replace(/\/+$/, ''), token }
}

import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { readJson } from '../read-text.ts'
import type { ClientOptions } from '../session.ts'

/** Who asks for tokens, and where. */
export interface OAuthSettings {
  /** Without a slash at its end. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * Finds issuer and client: as named, else GATEHOUSE_ISSUER, GATEHOUSE_CLIENT_ID and GATEHOUSE_CLIENT_SECRET, else those of
 * the demo in GATEHOUSE_DATA_DIR (`./data`). A secret is never an argument: other users of the host would see it.
 * @throws CliError naming what is missing
 */
export async function findClient(
  { issuer, client }: ClientOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OAuthSettings> {
  const directory = env['GATEHOUSE_DATA_DIR'] || 'data'
  const demo = await readJson(join(directory, 'demo.json'))
  const clientId = found('client', 'GATEHOUSE_CLIENT_ID', client || env['GATEHOUSE_CLIENT_ID'] || demo['client_id'])
  const ofDemo = clientId === demo['client_id'] ? demo['client_secret'] : undefined
  const settings = {
    issuer: found('issuer', 'GATEHOUSE_ISSUER', issuer || env['GATEHOUSE_ISSUER'] || demo['issuer']),
    clientId,
    clientSecret: found('client secret', 'GATEHOUSE_CLIENT_SECRET', env['GATEHOUSE_CLIENT_SECRET'] || ofDemo),
  }
  if (!URL.canParse(settings.issuer) || !/^https?:$/.test(new URL(settings.issuer).protocol))
    throw new CliError(`the issuer is not an http URL: ${settings.issuer}`)
  return { ...settings, issuer: settings.issuer.replace(/\/+$/, '') }
}

function found(what: string, variable: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new CliError(`no ${what}: set ${variable}`)
}

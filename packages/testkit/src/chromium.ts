import { access, constants } from 'node:fs/promises'
import { fromDebian, onPath } from './native/program.ts'

/** The one without windows costs half of the others. */
const programs = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
]
const macApp = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/** The arguments that a headless Chromium needs here: root has no sandbox. */
export const chromiumArguments: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/**
 * The path of a Chromium: of `GATEHOUSE_CHROMIUM`, else of the PATH, else of Debian's package where we are root.
 * @throws Error that says what to do where there is none
 */
export async function findChromium(): Promise<string> {
  const given = process.env['GATEHOUSE_CHROMIUM']
  if (given) return given
  const found = (await firstOnPath()) ?? (await macProgram()) ?? (await fromDebian('chromium-headless-shell'))
  if (!found) throw new Error('Chromium is missing: put it on the PATH or set GATEHOUSE_CHROMIUM')
  return found
}

async function firstOnPath(): Promise<string | undefined> {
  for (const program of programs) {
    const path = await onPath(program)
    if (path !== undefined) return path
  }
  return undefined
}

async function macProgram(): Promise<string | undefined> {
  if (process.platform !== 'darwin') return undefined
  return access(macApp, constants.X_OK).then(
    () => macApp,
    () => undefined,
  )
}

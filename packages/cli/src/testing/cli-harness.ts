import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Answers, startTestConsole } from '../../../../services/console/src/testing/running-console.ts'
import { runCli } from '../program.ts'
import { memoryServices } from './memory-services.ts'

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Gets all that was written so far. */
  onOut?(text: string): void
}

/** The CLI against the real console, whose services are in memory. */
export async function startCli() {
  const answers: Answers = {}
  const console = await startTestConsole(answers)
  const directory = await mkdtemp(join(tmpdir(), 'cli-'))
  let services = memoryServices()

  const run = async (line: string, { env = {}, signal = new AbortController().signal, onOut }: RunOptions = {}) => {
    let out = ''
    let err = ''
    const code = await runCli(line.split(/\s+/), {
      env: { GATEHOUSE_CONSOLE_URL: `http://${console.address}`, GATEHOUSE_DATA_DIR: console.dataDir, ...env },
      out(text) {
        out += text
        onOut?.(out)
      },
      err(text) {
        err += text
      },
      signal,
    })
    return { code, out, err }
  }
  return {
    answers,
    console,
    directory,
    run,
    get services() {
      return services
    },
    /** Empty services. */
    reset() {
      services = memoryServices()
      Object.assign(answers, services.answers)
    },
    /** What a command that succeeds answers with --json. */
    async json(line: string) {
      const { code, out, err } = await run(`${line} --json`)
      if (code !== 0) throw new Error(`${line} ended with ${code}: ${err}`)
      return JSON.parse(out)
    },
    /** Writes a file and answers its path. */
    async file(name: string, text: string): Promise<string> {
      const path = join(directory, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
      return path
    },
    async close() {
      await console.close()
      await rm(directory, { recursive: true })
    },
  }
}

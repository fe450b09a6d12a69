import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, waitFor } from '@gatehouse/testkit'

export type Mode = 'embedded' | 'distributed'

/** `demo.json` of a running system. */
export interface Demo {
  readonly gateway: string
  readonly console: string
  readonly environment: string
  readonly api: string
  readonly path: string
  readonly api_key: string
  readonly api_key_id: string
  readonly client_id: string
  readonly client_secret: string
  readonly issuer: string
  readonly resource: string
  readonly username: string
  readonly password: string
  readonly subscription_id: string
  readonly operator_token: string
}

/** The whole product, started as a newcomer starts it. */
export interface System {
  readonly mode: Mode
  readonly demo: Demo
  readonly dataDir: string
  /** Of the process that was started; it changes with each start. */
  readonly pid: number
  /** All that the start has printed. */
  output(): string
  /** Ends the start with a signal; resolves with its exit code when it is gone. */
  end(signal: NodeJS.Signals): Promise<number>
  /** Starts again on the same data and ports. */
  again(): Promise<void>
  /** Stops and throws the data away. */
  dispose(): Promise<void>
}

const scripts: Readonly<Record<Mode, string>> = { embedded: 'main.ts', distributed: 'distributed.ts' }
const root = join(import.meta.dirname, '..', '..')

/** Ports that nobody uses, for every server of the product. */
export async function freeAddresses(): Promise<NodeJS.ProcessEnv> {
  const env: NodeJS.ProcessEnv = {}
  for (const service of ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT', 'GATEWAY', 'CONSOLE']) {
    env[`GATEHOUSE_${service}_ADDRESS`] = `127.0.0.1:${await freePort()}`
    env[`GATEHOUSE_${service}_OPS_PORT`] = String(await freePort())
  }
  return env
}

/** @param cpu the processor that all of it is held on; @param readyMsMax how long the start may take */
export async function startSystem(
  mode: Mode,
  extra: NodeJS.ProcessEnv = {},
  { cpu, readyMsMax = 90_000 }: { readonly cpu?: number; readonly readyMsMax?: number } = {},
): Promise<System> {
  const dataDir = await mkdtemp(join(tmpdir(), `gatehouse-${mode}-`))
  const env = {
    ...process.env,
    ...(await freeAddresses()),
    GATEHOUSE_DATA_DIR: dataDir,
    GATEHOUSE_NODE: 'e2e',
    // A slow machine is no failure.
    GATEHOUSE_POSITION_WAIT_MS: '8000',
    ...extra,
  }
  let child: ChildProcess | undefined
  let output = ''

  async function start(): Promise<Demo> {
    const script = join(root, 'packages', 'standalone', 'src', scripts[mode])
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', script]
    const [program = '', ...args] = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
    const started = spawn(program, args, {
      env,
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    const from = output.length
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (bytes) => {
        output += String(bytes)
      })
    const ready = () => output.includes('Gatehouse is ready', from)
    const what = `${mode} Gatehouse is ready`
    await waitFor(() => started.exitCode !== null || ready(), { what, timeoutMs: readyMsMax })
    if (!ready()) throw new Error(`the start ended with exit code ${started.exitCode}: ${output.slice(from)}`)
    return JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as Demo
  }

  async function end(signal: NodeJS.Signals): Promise<number> {
    const ending = child
    child = undefined
    if (!ending || ending.exitCode !== null) return ending?.exitCode ?? 0
    const exited = once(ending, 'exit')
    ending.kill(signal)
    const [code] = (await exited) as [number | null]
    return code ?? -1
  }

  let demo = await start()
  return {
    mode,
    dataDir,
    get demo() {
      return demo
    },
    get pid() {
      return child?.pid ?? 0
    },
    output: () => output,
    end,
    async again() {
      demo = await start()
    },
    async dispose() {
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

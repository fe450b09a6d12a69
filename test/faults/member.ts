import {
  type ServiceProcess,
  type ServiceProcessOptions,
  startServiceProcess,
} from '@gatehouse/standalone/service-process'

/** A service of the installation, as a process that can be hurt. */
export interface Member {
  readonly ops: string
  readonly logFile: string
  /** Starts it, with further settings for this life; resolves when it is ready, with how long that took in ms. */
  start(settings?: NodeJS.ProcessEnv): Promise<number>
  /** kill -9, where it runs; resolves when it is gone. */
  kill(): Promise<void>
  /** The exit code of one that ended though nobody killed it; undefined while it runs, or when it was killed. */
  endedWith(): number | undefined
  /** SIGSTOP or SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** The sum of a metric over its labels. */
  metric(name: string): Promise<number>
}

export function member(options: ServiceProcessOptions): Member {
  let running: ServiceProcess | undefined
  let exitCode: number | undefined
  const process = () => {
    if (!running) throw new Error(`the ${options.name} service is not running`)
    return running
  }
  return {
    ops: options.ops,
    logFile: options.logFile,
    async start(settings) {
      const from = performance.now()
      const started = await startServiceProcess({ ...options, environment: { ...options.environment, ...settings } })
      running = started
      exitCode = undefined
      started.onEnd((code) => {
        if (running === started) exitCode = code
      })
      return performance.now() - from
    },
    async kill() {
      const ending = running
      running = undefined
      ending?.signal('SIGKILL')
      await ending?.exited
    },
    endedWith: () => exitCode,
    signal: (signal) => void process().signal(signal),
    async metric(name) {
      const text = await (await fetch(`http://${options.ops}/metrics`)).text()
      const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      if (lines.length === 0) throw new Error(`${options.name} has no metric ${name}`)
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
  }
}

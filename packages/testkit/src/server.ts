/** Where a server came from, in the order in which they are tried. */
export type Source = 'environment' | 'docker' | 'native'

/** `immediate`: as by a crash, nothing is finished first. `fast`: an orderly end that waits for no client. */
export type KillMode = 'immediate' | 'fast'

/** A server that a test can hurt. One that came from the environment refuses `kill`, `restart`, `pause`, `resume`. */
export interface Server extends AsyncDisposable {
  readonly source: Source
  /** Of the process on this machine; undefined in a container or from the environment. */
  readonly pid: number | undefined
  /** Ends the server, keeping its data; resolves when it is gone. Default `immediate`. */
  kill(mode?: KillMode): Promise<void>
  /** Starts it again, at the same address on the same data; ends it first where it runs. Resolves when it answers. */
  restart(): Promise<void>
  /** Freezes the whole server (SIGSTOP): its connections stay open, nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends it for good and throws its data away. */
  stop(): Promise<void>
}

/** One life of a server, from a start to its end. */
export interface Life {
  readonly pid?: number
  readonly exited: Promise<unknown>
  signal(signal: NodeJS.Signals): unknown
  pause(): Promise<unknown> | unknown
  resume(): Promise<unknown> | unknown
}

export interface Lives {
  readonly source: Source
  /** Starts the server, at the same address on the same data every time, and resolves when it answers. */
  launch(): Promise<Life>
  readonly signals: Readonly<Record<KillMode, NodeJS.Signals>>
  /** Throws the data away. */
  release(): Promise<void>
}

/** Starts a server that we run ourselves. */
export async function startServer(lives: Lives): Promise<Server> {
  let life: Life | undefined
  const kill = async (mode: KillMode = 'immediate') => {
    const ending = life
    life = undefined
    if (!ending) return
    await ending.signal(lives.signals[mode])
    await ending.resume()
    await ending.exited
  }
  const stop = async () => {
    await kill()
    await lives.release()
  }
  const running = () => {
    if (!life) throw new Error('the server was killed: restart it first')
    return life
  }
  try {
    life = await lives.launch()
  } catch (error) {
    await lives.release()
    throw error
  }
  return {
    source: lives.source,
    get pid() {
      return life?.pid
    },
    kill,
    async restart() {
      await kill()
      life = await lives.launch()
    },
    async pause() {
      await running().pause()
    },
    async resume() {
      await running().resume()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** How long we wait for one that somebody else runs: it is up, or it is not there. */
export const givenTimeoutMs = 5_000

/** A server that somebody else runs. */
export function givenServer(variable: string): Server {
  const refuse = async () => {
    throw new Error(`${variable} names a server that is not ours to stop: unset it to run this test on one of our own`)
  }
  return {
    source: 'environment',
    pid: undefined,
    kill: refuse,
    restart: refuse,
    pause: refuse,
    resume: refuse,
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

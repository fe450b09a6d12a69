import { type Direction, freePort, startTcpProxy, type TcpProxy } from '@gatehouse/testkit'

/** A link that can go wrong: one proxy, or one for each server of a cluster. Every fault lasts until `heal`. */
export type Link = Pick<TcpProxy, 'cut' | 'reset' | 'pause' | 'halfOpen' | 'delay' | 'slow' | 'heal'>

export const linkNames = [
  'gateway-redis',
  'gateway-credential',
  'gateway-policy',
  'gateway-token',
  'gateway-upstream',
  'console-credential',
  'client-gateway',
  'client-gateway-2',
  'credential-postgres',
  'policy-postgres',
  'token-postgres',
  'audit-postgres',
  'kafka',
] as const
export type LinkName = (typeof linkNames)[number]

/** The links of an installation that was started with them; those of the gateway are the first one's. */
export interface Links extends AsyncDisposable {
  readonly named: Readonly<Record<LinkName, Link>>
  /** What leads through a link instead of to its end: a `host:port` or a URL like the one that was given. */
  through(name: Exclude<LinkName, 'kafka'>, to: string): Promise<string>
  /** For brokers that tell their clients to come through the link. */
  kafka(brokers: number): Promise<{ readonly ports: readonly number[]; readonly advertised: readonly string[] }>
}

export function createLinks(): Links {
  const proxies: [LinkName, TcpProxy][] = []
  const of = (name: LinkName) => proxies.filter(([each]) => each === name).map(([, proxy]) => proxy)
  const start = async (name: LinkName, to: number | string) => {
    const proxy = await startTcpProxy({ to })
    proxies.push([name, proxy])
    return proxy.address
  }
  return {
    named: Object.fromEntries(linkNames.map((name) => [name, together(() => of(name))])) as Record<LinkName, Link>,
    async through(name, to) {
      const address = await start(name, to)
      return to.includes('://') ? Object.assign(new URL(to), { host: address }).href : address
    },
    async kafka(brokers) {
      const ports: number[] = []
      const advertised: string[] = []
      while (ports.length < brokers) {
        const port = await freePort()
        ports.push(port)
        advertised.push(await start('kafka', port))
      }
      return { ports, advertised }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(proxies.map(([, proxy]) => proxy.stop()))
    },
  }
}

function together(proxies: () => readonly TcpProxy[]): Link {
  const all = async (act: (proxy: TcpProxy) => unknown) => void (await Promise.all(proxies().map(act)))
  const each = (act: (proxy: TcpProxy) => void) => proxies().forEach(act)
  return {
    cut: () => all((proxy) => proxy.cut()),
    reset: () => each((proxy) => proxy.reset()),
    pause: (direction?: Direction) => each((proxy) => proxy.pause(direction)),
    halfOpen: () => each((proxy) => proxy.halfOpen()),
    delay: (ms) => each((proxy) => proxy.delay(ms)),
    slow: (bytesPerSecond) => each((proxy) => proxy.slow(bytesPerSecond)),
    heal: () => all((proxy) => proxy.heal()),
  }
}

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { waitFor } from './wait-for.ts'

describe('TCP proxy', () => {
  const seen: Socket[] = []
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    seen.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  let proxy: TcpProxy

  beforeEach(async () => {
    seen.length = 0
    if (!echo.listening) await once(echo.listen(0, '127.0.0.1'), 'listening')
    proxy = await startTcpProxy({ to: (echo.address() as AddressInfo).port })
  })
  afterEach(async () => {
    await proxy.stop()
    await new Promise((resolve) => echo.close(resolve))
  })

  async function client() {
    const socket = connect(proxy.port, '127.0.0.1')
    const ends: string[] = []
    let text = ''
    socket.on('data', (bytes) => (text += bytes))
    socket.on('end', () => ends.push('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => ends.push(error.code ?? error.message))
    socket.on('close', () => ends.push('close'))
    await waitFor(() => !socket.connecting)
    const got = (what: string, timeoutMs = 5_000) => waitFor(() => text === what, { what, timeoutMs })
    return { socket, ends, text: () => text, got }
  }

  it('passes bytes both ways, and the end of each side', async () => {
    const { socket, got, ends } = await client()
    socket.write('hello')
    await got('hello')
    socket.end(' world')
    await got('hello world')
    await waitFor(() => ends.includes('end'))
    expect(proxy.accepted).toBe(1)
    await waitFor(() => proxy.open === 0)
  })

  it('passes megabytes unchanged', async () => {
    const { socket, text } = await client()
    const sent = 'abcdefgh'.repeat(1 << 19)
    socket.end(sent)
    await once(socket, 'end')
    expect(text() === sent).toBe(true)
  })

  it('cut: ends connections, refuses new ones until healed', async () => {
    const first = await client()
    await proxy.cut()
    await waitFor(() => first.ends.includes('close'))
    expect(first.ends[0]).toBe('end')
    const refused = await client()
    await waitFor(() => refused.ends[0] === 'ECONNREFUSED')
    await proxy.heal()
    const second = await client()
    second.socket.write('again')
    await second.got('again')
    second.socket.destroy()
  })

  it('reset: the client sees ECONNRESET', async () => {
    const { socket, ends, got } = await client()
    socket.write('x')
    await got('x')
    proxy.reset()
    await waitFor(() => ends[0] === 'ECONNRESET')
  })

  it('passes a reset by the server on', async () => {
    const { socket, ends, got } = await client()
    socket.write('x')
    await got('x')
    seen[0]?.resetAndDestroy()
    await waitFor(() => ends[0] === 'ECONNRESET')
  })

  it('pause: nothing passes, on resume everything does, in order', async () => {
    const { socket, got, text } = await client()
    proxy.pause()
    socket.write('one')
    await expect(got('one', 100)).rejects.toThrow()
    expect(text()).toBe('')
    socket.write('two')
    proxy.resume()
    await got('onetwo')
    socket.destroy()
  })

  it('pause in one direction: the server hears, the client does not', async () => {
    const { socket, text, got } = await client()
    let heard = ''
    socket.write('a')
    await got('a')
    seen[0]?.on('data', (bytes) => (heard += bytes))
    proxy.pause('to-client')
    socket.write('b')
    await waitFor(() => heard === 'b')
    expect(text()).toBe('a')
    await proxy.heal()
    await got('ab')
    socket.destroy()
  })

  it('half-open: the server is gone, the client is not told', async () => {
    const { socket, ends, got, text } = await client()
    socket.write('a')
    await got('a')
    const closed = once(seen[0]!, 'close')
    proxy.halfOpen()
    await closed
    socket.write('b')
    await expect(waitFor(() => ends.length > 0, { timeoutMs: 200 })).rejects.toThrow('not after 200 ms')
    expect(text()).toBe('a')
    socket.destroy()
  })

  it('delay: bytes come late in both directions, not one after the other', async () => {
    const { socket, got } = await client()
    proxy.delay(100)
    const start = performance.now()
    for (let i = 0; i < 10; i++) {
      socket.write('x')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await got('xxxxxxxxxx')
    const ms = performance.now() - start
    expect(ms).toBeGreaterThan(199)
    // One after the other they would take 2,000.
    expect(ms).toBeLessThan(1_900)
    socket.destroy()
  })

  it('slow: bytes come at the given rate', async () => {
    const { socket, got } = await client()
    proxy.slow(10_000)
    const start = performance.now()
    socket.write('x'.repeat(3_000))
    await got('x'.repeat(3_000))
    expect(performance.now() - start).toBeGreaterThan(250)
    socket.destroy()
  })

  it('a target that refuses resets the client', async () => {
    await new Promise<void>((resolve) => {
      echo.close(() => resolve())
    })
    const { ends } = await client()
    await waitFor(() => ends[0] === 'ECONNRESET')
    echo.listen(0, '127.0.0.1')
  })

  it('refuses a target without a port', async () => {
    await expect(startTcpProxy({ to: 'redis://localhost' })).rejects.toThrow('a port is missing in redis://localhost')
  })
})

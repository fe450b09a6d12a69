import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { withFixedPorts } from './fixed-ports.ts'
import { unusedPort } from './unused-port.ts'

test('no port is given twice, though nobody has bound it yet', async () => {
  const ports: number[] = []
  for (let time = 0; time < 1_000; time++) ports.push(await unusedPort('127.0.0.1'))
  expect(new Set(ports).size).toBe(ports.length)
})

test('no port is given to two processes', async () => {
  const count = 400
  const script = `
    const { unusedPort } = await import(${JSON.stringify(import.meta.resolve('./unused-port.ts'))})
    const ports = []
    for (let time = 0; time < ${count}; time++) ports.push(await unusedPort('127.0.0.1'))
    console.log(ports.join())
    process.stdin.resume()`
  const askedBy = async () => {
    const asker = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void asker.kill())
    const [line] = (await once(createInterface(asker.stdout), 'line')) as [string]
    return line.split(',')
  }
  const ports = (await Promise.all([askedBy(), askedBy(), askedBy()])).flat()
  expect(new Set(ports).size).toBe(3 * count)
})

test('services get ports that are different, and below those of outgoing connections', async () => {
  const names = ['CREDENTIAL', 'POLICY', 'TOKEN', 'AUDIT'].map((service) => `GATEHOUSE_${service}_ADDRESS`)
  const asked = Object.fromEntries(names.map((name) => [name, '127.0.0.1:0']))
  const ports: number[] = []
  for (let round = 0; round < 20; round++) {
    const fixed = await withFixedPorts(asked)
    ports.push(...names.map((name) => Number(fixed[name]?.split(':')[1])))
  }
  expect(new Set(ports).size).toBe(80)
  expect(ports.filter((port) => port < 1024 || port >= 32_768)).toEqual([])
})

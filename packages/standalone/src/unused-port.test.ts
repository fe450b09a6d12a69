import { expect, test } from 'vitest'
import { withFixedPorts } from './fixed-ports.ts'
import { unusedPort } from './unused-port.ts'

test('no port is given twice, though nobody has bound it yet', async () => {
  const ports: number[] = []
  for (let time = 0; time < 1_000; time++) ports.push(await unusedPort('127.0.0.1'))
  expect(new Set(ports).size).toBe(ports.length)
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

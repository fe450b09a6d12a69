import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromDebian } from '@gatehouse/testkit'
import type { Scene, SceneFault } from './scene.ts'

const library = `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch as string]}-linux-gnu/faketime/libfaketime.so.1`

/** The library that moves a clock; undefined where there is none and it cannot be installed. */
async function faketime(): Promise<string | undefined> {
  const present = () =>
    access(library).then(
      () => true,
      () => false,
    )
  if (await present()) return library
  await fromDebian('faketime')
  return (await present()) ? library : undefined
}

export const clockFaults: readonly SceneFault[] = (['gateway', 'token', 'credential'] as const).map((name) => ({
  name: `clock of ${name}`,
  run: (scene) => moveClock(scene, name),
}))

/** Five minutes on, five back, on one process; its monotonic clock stays. */
async function moveClock({ installation, outage }: Scene, name: 'gateway' | 'token' | 'credential') {
  const preload = await faketime()
  if (!preload) {
    console.log(`skipped: no libfaketime to move the clock of ${name} with`)
    return
  }
  const file = join(installation.dataDir, `clock-${name}`)
  const move = (offset: string) => writeFile(file, `${offset}\n`)
  await move('+0')
  const member = installation.members[name]
  await member.kill()
  const moved = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  await member.start({ ...moved, DONT_FAKE_MONOTONIC: '1', LD_PRELOAD: preload })
  for (const offset of ['+300', '-300']) {
    await move(offset)
    await outage(1_500)
  }
  await member.kill()
  await member.start()
}

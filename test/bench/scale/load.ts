import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Member } from '../../faults/member.ts'
import { scratchFolder } from '../process.ts'
import { requestsPerSecond } from '../wrk.ts'
import { statusOf } from './calls.ts'

const seconds = 4

/** What a gateway does in a second of its processor time: that does not change with who else uses the machine. */
export async function requestsPerProcessorSecond(
  member: Member,
  url: string,
  apiKeys: readonly string[],
): Promise<number> {
  // What the first use of a key takes is not what a gateway does all day.
  for (const apiKey of apiKeys) await statusOf(url, apiKey)
  const load = { url, script: scriptOf(apiKeys), seconds, connections: 8, cpu: '0,1', refusedPerMille: 50 }
  const before = await member.metric('process_cpu_seconds_total')
  const rate = await requestsPerSecond(load)
  return (rate * seconds) / ((await member.metric('process_cpu_seconds_total')) - before)
}

/** A wrk script that shows the keys one after the other. */
function scriptOf(apiKeys: readonly string[]): string {
  const file = join(scratchFolder('scale'), 'keys.lua')
  writeFileSync(
    file,
    `local keys = {${apiKeys.map((key) => JSON.stringify(key)).join(',')}}
local at = 0
request = function()
  at = at % #keys + 1
  return wrk.format('GET', nil, { ['X-API-Key'] = keys[at] })
end
`,
  )
  return file
}

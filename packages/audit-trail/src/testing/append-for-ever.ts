import { writeSync } from 'node:fs'
import { SpoolFull } from '../spool/spool-full.ts'
import { openTrail } from '../trail.ts'
import { entry } from './entry.ts'

/** A process that appends to a trail until it is killed, and prints each id once its record is durable. */
const [directory = '', segmentBytes = '1048576'] = process.argv.slice(2)
const trail = await openTrail({
  directory,
  node: 'gw-1',
  product: 'gateway',
  segmentBytes: Number(segmentBytes),
  onFault: (error) => void writeSync(2, `${error.message}\n`),
})

function appendOne(): void {
  const id = trail.nextDecisionId()
  try {
    trail.append(entry(id), () => {
      writeSync(1, `${id}\n`)
      appendOne()
    })
  } catch (error) {
    if (!(error instanceof SpoolFull)) throw error
    setTimeout(appendOne, 10)
  }
}

for (let inFlight = 0; inFlight < 32; inFlight++) appendOne()

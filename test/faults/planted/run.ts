// `node test/faults/planted/run.ts [--quick] [NAME…]`: is each planted bug found? Without names all of them; --quick:
// those that no server is needed for. The last lines are the table of catches.
import { basename } from 'node:path'
import { isQuick, plantNamed, plants } from './plants.ts'
import { type Outcome, prove } from './prove.ts'

const names = process.argv.slice(2).filter((word) => word !== '--quick')
const wanted = names.length > 0 ? names.map(plantNamed) : plants
const { outcomes, unsound } = await prove(process.argv.includes('--quick') ? wanted.filter(isQuick) : wanted)

function row({ plant, caught, saw, seconds }: Outcome): readonly string[] {
  const place = `${basename(plant.caughtBy.file)}: ${saw}`
  return [plant.name, plant.provokedBy, caught ? place : `NOT CAUGHT: ${place}`, seconds.toFixed(1)]
}

const widths = [34, 58, 110]
for (const cells of [['planted', 'provoked by', 'caught by', 'seconds'], ...outcomes.map(row)])
  console.log(cells.map((cell, column) => cell.slice(0, widths[column]).padEnd(widths[column] ?? 0)).join('  '))
for (const each of unsound) console.log(`FAILS WITHOUT A PLANT: ${each}`)
const missed = outcomes.filter(({ caught }) => !caught)
console.log(`${outcomes.length - missed.length} of ${outcomes.length} planted bugs caught`)
process.exitCode = missed.length + unsound.length > 0 || outcomes.length === 0 ? 1 : 0

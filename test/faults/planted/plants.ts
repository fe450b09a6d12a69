import type { Plant } from './plant.ts'
import { auditPlants } from './plants/audit.ts'
import { eventLogPlants } from './plants/event-log.ts'
import { gatewayPlants } from './plants/gateway.ts'
import { installationPlants } from './plants/installation.ts'
import { readModelPlants } from './plants/read-model.ts'
import { tokenPlants } from './plants/tokens.ts'

export const plants: readonly Plant[] = [
  ...eventLogPlants,
  ...readModelPlants,
  ...auditPlants,
  ...tokenPlants,
  ...gatewayPlants,
  ...installationPlants,
]

/** Whether the proof starts the whole product. */
export function isOfInstallation({ caughtBy }: Plant): boolean {
  return caughtBy.file.startsWith('test/faults/') && caughtBy.file.endsWith('.test.ts')
}

/** Whether the proof needs neither a server nor an installation: these few seconds CI has. */
export function isQuick({ caughtBy }: Plant): boolean {
  return !caughtBy.file.startsWith('test/faults/') && !caughtBy.file.includes('.integration.')
}

/** @throws RangeError for a name that no plant has */
export function plantNamed(name: string): Plant {
  const plant = plants.find((each) => each.name === name)
  if (!plant) throw new RangeError(`no such plant: ${name}; there are ${plants.map((each) => each.name).join(', ')}`)
  return plant
}

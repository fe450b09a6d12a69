import { formatPositions } from '@gatehouse/contracts/positions'
import type { Digest } from '@gatehouse/read-model'

/** The read model is the fold of the logs, to the byte. */
export function checkModel(model: Digest, fold: Digest): string[] {
  const at = (digest: Digest) => formatPositions(digest.positions)
  if (model.digest === fold.digest && at(model) === at(fold)) return []
  return [`the read model at ${at(model)} is ${model.digest}, the fold of the logs at ${at(fold)} is ${fold.digest}`]
}

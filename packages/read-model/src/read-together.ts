import type { Generation, Snapshot } from './read-model.ts'

/** What one read may ask for and still be answered as fast as a request needs it. */
export const requestKeysMax = 16

interface Waiting {
  readonly keys: readonly string[]
  readonly resolve: (snapshot: Snapshot) => void
  readonly reject: (error: unknown) => void
}

/** Reads for a request: what is asked for in one turn is one call of the store, since a new token needs nine entries. */
export function readTogether(model: Pick<Generation, 'read'>): (keys: readonly string[]) => Promise<Snapshot> {
  let waiting: Waiting[] = []

  function send(): void {
    const all = waiting
    waiting = []
    let batch: Waiting[] = []
    let size = 0
    for (const each of all) {
      if (size + each.keys.length > requestKeysMax) {
        ask(batch)
        batch = []
        size = 0
      }
      batch.push(each)
      size += each.keys.length
    }
    ask(batch)
  }

  function ask(batch: readonly Waiting[]): void {
    if (batch.length === 0) return
    const asked = batch.flatMap(({ keys }) => keys)
    model.read(asked, 'urgent').then(
      ({ positions, values }) => {
        let at = 0
        for (const { keys, resolve } of batch) {
          resolve({ positions, values: values.slice(at, at + keys.length) })
          at += keys.length
        }
      },
      (error) => {
        for (const { reject } of batch) reject(error)
      },
    )
  }

  return (keys) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ keys, resolve, reject }) === 1) queueMicrotask(send)
    })
}

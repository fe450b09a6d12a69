import type { EventSource } from '@gatehouse/contracts/events'
import type { Positions } from '@gatehouse/contracts/positions'
import { type Noun, splitKey } from './keys.ts'
import type { Change, ReadModel, Stored } from './read-model.ts'

export interface WholeFollowerOptions<Views> {
  readonly model: ReadModel
  /** Called with what the views are now: `changed` names the keys that are others, `all` means from nothing. */
  readonly onChanged: (views: Views, changed: readonly string[] | 'all') => void
  /** Called whenever `position` has moved. */
  readonly onReached?: () => void
  /** Called when the model could not be read; it is tried again. */
  readonly onError?: (error: unknown) => void
  /** Pause before the model is read again, in ms; default 100. */
  readonly retryMs?: number
}

/** What is kept whole: all views of some nouns, which one log owns. */
export interface Kept<Views> {
  readonly source: EventSource
  readonly nouns: readonly Noun[]
  empty(): Views
  /** Sets, or with nothing stored removes, one of the views. */
  put(views: Views, key: string, stored: Stored | undefined): void
}

/** Keeps views in memory, ahead of every request. */
export interface WholeFollower {
  /** Feed every change of the model, in order. */
  onChange(change: Change): void
  /** How far the views reach that `onChanged` was last told of; undefined before it was told of any. */
  position(): bigint | undefined
  close(): void
}

/** Loads the views at each reset and reads what later changes name. */
export function followWhole<Views>(kept: Kept<Views>, options: WholeFollowerOptions<Views>): WholeFollower {
  const { source, nouns, empty, put } = kept
  const { model, onChanged, onReached, onError, retryMs = 100 } = options
  let views = empty()
  let at: bigint | undefined
  let queue: Change[] = []
  let running = false
  let closed = false
  let timer: NodeJS.Timeout | undefined

  async function load(positions: Positions): Promise<void> {
    const loaded = empty()
    for (const noun of nouns) for await (const entry of model.scan(noun)) put(loaded, entry.key, entry)
    views = loaded
    tell('all', positions[source] ?? 0n)
  }

  async function refresh(keys: readonly string[], upTo: bigint): Promise<void> {
    const { positions, values } = await model.read(keys)
    if ((positions[source] ?? 0n) < upTo) throw new Error(`the store is behind ${source}:${upTo}`)
    for (const [index, key] of keys.entries()) put(views, key, values[index])
    tell(keys, upTo)
  }

  function tell(changed: readonly string[] | 'all', upTo: bigint): void {
    if (closed) return
    onChanged(views, changed)
    reached(upTo)
  }

  function reached(upTo: bigint): void {
    at = upTo
    onReached?.()
  }

  async function take(change: Change): Promise<void> {
    if (change.type === 'reset') return load(change.positions)
    const keys = change.keys.filter((key) => nouns.includes(splitKey(key).noun))
    return keys.length > 0 ? refresh(keys, change.upTo) : reached(change.upTo)
  }

  async function work(): Promise<void> {
    running = true
    while (!closed) {
      const [change] = queue
      if (!change) break
      try {
        await take(change)
      } catch (error) {
        onError?.(error)
        timer = setTimeout(() => void work(), retryMs)
        return
      }
      // A reset that came meanwhile has emptied the queue before itself.
      if (queue[0] === change) queue.shift()
    }
    running = false
  }

  return {
    onChange(change) {
      if (change.type === 'applied' && change.source !== source) return
      if (change.type === 'reset') queue = []
      queue.push(change)
      if (!running) void work()
    },
    position: () => at,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/**
 * Works on some items at once and answers in their order, while further items are awaited. The first failure ends it.
 * @param inFlightMax items that are taken before the answers to those before them are
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  inFlightMax: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const results: Promise<Result>[] = []
  let changed = Promise.withResolvers<void>()
  const change = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  let ended = false
  const taking = (async () => {
    try {
      for await (const item of items) {
        const result = work(item)
        // It is looked at in its turn.
        result.catch(() => undefined)
        results.push(result)
        change()
        while (results.length >= inFlightMax && !ended) await changed.promise
        if (ended) return
      }
    } finally {
      ended = true
      change()
    }
  })()
  taking.catch(() => undefined)
  try {
    while (results.length > 0 || !ended) {
      const [first] = results
      if (!first) {
        await changed.promise
        continue
      }
      const result = await first
      results.shift()
      change()
      yield result
    }
    await taking
  } finally {
    ended = true
    change()
  }
}

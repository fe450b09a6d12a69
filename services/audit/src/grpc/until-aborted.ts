/** The items up to the abort: one that has been waited for in vain is not waited for any longer. */
export async function* untilAborted<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item, void> {
  const iterator = items[Symbol.asyncIterator]()
  while (!signal.aborted) {
    const next = await orAborted(iterator.next(), signal)
    if (!next || next.done) return
    yield next.value
  }
}

/** Not Promise.race with one promise for the whole stream: that would keep a reaction for every item. */
function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

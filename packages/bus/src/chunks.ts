/** kafkajs copies the list anew for every message that it groups: 500 keeps that below a millisecond. */
const itemsPerSendMax = 500
/** Half of what a broker takes in one request by default. */
const bytesPerSendMax = 512 * 1024

/** Cuts a list, in order, into parts that one send may carry. */
export function* chunks<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Generator<readonly Item[]> {
  let start = 0
  let bytes = 0
  for (const [index, item] of items.entries()) {
    const size = bytesOf(item)
    if (index > start && (index - start >= itemsPerSendMax || bytes + size > bytesPerSendMax)) {
      yield items.slice(start, index)
      start = index
      bytes = 0
    }
    bytes += size
  }
  if (start < items.length) yield items.slice(start)
}

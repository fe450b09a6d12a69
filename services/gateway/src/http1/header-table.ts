import { type HeaderValue, repeated } from './exchange.ts'
import { foldedHash, sameName } from './header-name.ts'

const FIELDS = 5
const NAME_START = 0
const NAME_END = 1
const VALUE_START = 2
const VALUE_END = 3
const HASH = 4

/**
 * The header section of one message as offsets into its head. Strings are cut when somebody asks.
 * The table of a connection is used again for each message.
 */
export class HeaderTable {
  /** The head as latin1, from the first byte of the message. */
  text = ''
  count = 0
  #offsets = new Int32Array(FIELDS * 32)

  clear(): void {
    this.text = ''
    this.count = 0
  }

  /** Adds a header whose value does not begin with white space. */
  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const base = this.count * FIELDS
    if (base === this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2)
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    const offsets = this.#offsets
    offsets[base + NAME_START] = nameStart
    offsets[base + NAME_END] = nameEnd
    offsets[base + VALUE_START] = valueStart
    offsets[base + VALUE_END] = valueEnd
    this.count++
  }

  /** Gives the table its text, trims the values and makes names comparable. */
  complete(text: string): void {
    this.text = text
    const offsets = this.#offsets
    for (let base = 0; base < this.count * FIELDS; base += FIELDS) {
      const nameStart = offsets[base + NAME_START] ?? 0
      offsets[base + HASH] = foldedHash(text, nameStart, offsets[base + NAME_END] ?? 0)
      const valueStart = offsets[base + VALUE_START] ?? 0
      let valueEnd = offsets[base + VALUE_END] ?? 0
      while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--
      offsets[base + VALUE_END] = valueEnd
    }
  }

  nameStart(index: number): number {
    return this.#offsets[index * FIELDS + NAME_START] ?? 0
  }

  nameEnd(index: number): number {
    return this.#offsets[index * FIELDS + NAME_END] ?? 0
  }

  hash(index: number): number {
    return this.#offsets[index * FIELDS + HASH] ?? 0
  }

  value(index: number): string {
    const base = index * FIELDS
    return this.text.slice(this.#offsets[base + VALUE_START], this.#offsets[base + VALUE_END])
  }

  /** The header as one line without its CRLF: `Name: value`. */
  line(index: number): string {
    const { text } = this
    const nameStart = this.nameStart(index)
    if (this.#isUsual(index)) return text.slice(nameStart, this.#valueEnd(index))
    return `${text.slice(nameStart, this.nameEnd(index))}: ${this.value(index)}`
  }

  /** The lines that `keeps` lets through, each with its CRLF. Neighbours that are usual are cut in one piece. */
  lines(keeps: (index: number) => boolean): string {
    let lines = ''
    let from = 0
    let to = 0
    for (let index = 0; index < this.count; index++) {
      if (!keeps(index)) continue
      if (!this.#isUsual(index)) {
        lines += `${this.#cut(from, to)}${this.line(index)}\r\n`
        from = to
        continue
      }
      if (from === to || !this.#follows(index, to)) {
        lines += this.#cut(from, to)
        from = this.nameStart(index)
      }
      to = this.#valueEnd(index)
    }
    return lines + this.#cut(from, to)
  }

  #cut(from: number, to: number): string {
    return from === to ? '' : `${this.text.slice(from, to)}\r\n`
  }

  /** Whether it came as we would write it. */
  #isUsual(index: number): boolean {
    const base = index * FIELDS
    const nameEnd = this.#offsets[base + NAME_END] ?? 0
    const valueStart = this.#offsets[base + VALUE_START] ?? 0
    const hasValue = this.#valueEnd(index) > valueStart
    return hasValue && valueStart - nameEnd === 2 && this.text.charCodeAt(nameEnd + 1) === 0x20
  }

  /** Whether nothing but CRLF stands between `end` and the header. */
  #follows(index: number, end: number): boolean {
    return this.nameStart(index) - end === 2 && this.text.charCodeAt(end) === 0x0d
  }

  #valueEnd(index: number): number {
    return this.#offsets[index * FIELDS + VALUE_END] ?? 0
  }

  /** @param name lower case */
  find(name: string): HeaderValue {
    const hash = hashOf(name)
    let found = -1
    for (let index = 0; index < this.count; index++) {
      if (!this.#is(index, hash, name)) continue
      if (found >= 0) return repeated
      found = index
    }
    return found < 0 ? undefined : this.value(found)
  }

  /** @param name lower case */
  findAll(name: string): string[] {
    const hash = hashOf(name)
    const values: string[] = []
    for (let index = 0; index < this.count; index++) {
      if (this.#is(index, hash, name)) values.push(this.value(index))
    }
    return values
  }

  #is(index: number, hash: number, name: string): boolean {
    const base = index * FIELDS
    if (this.#offsets[base + HASH] !== hash) return false
    return sameName(this.text, this.#offsets[base + NAME_START] ?? 0, this.#offsets[base + NAME_END] ?? 0, name)
  }
}

const HASHES_MAX = 1000
const hashes = new Map<string, number>()

/** Names asked for come from the configuration and are few: each is hashed once. */
function hashOf(name: string): number {
  let hash = hashes.get(name)
  if (hash === undefined) {
    hash = foldedHash(name, 0, name.length)
    if (hashes.size < HASHES_MAX) hashes.set(name, hash)
  }
  return hash
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

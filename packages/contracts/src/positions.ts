import { type EventSource, eventSources } from './events.ts'

/** How far each log is known, applied or demanded; a log that is not named stands at 0. */
export type Positions = { readonly [Source in EventSource]?: bigint }

/** Writes positions as clients carry them in `X-Gatehouse-Position`: `credential:12,policy:3`. */
export function formatPositions(positions: Positions): string {
  return eventSources
    .flatMap((source) => (positions[source] === undefined ? [] : [`${source}:${positions[source]}`]))
    .join(',')
}

const entry = /^([a-z]+):(0|[1-9][0-9]{0,17})$/

/** Reads what formatPositions writes; undefined when it is malformed, names an unknown log, or one twice. */
export function parsePositions(text: string): Positions | undefined {
  const positions: { [Source in EventSource]?: bigint } = {}
  for (const part of text.split(',')) {
    const match = entry.exec(part.trim())
    const source = eventSources.find((name) => name === match?.[1])
    if (!match?.[2] || !source || positions[source] !== undefined) return undefined
    positions[source] = BigInt(match[2])
  }
  return positions
}

/** Whether what is applied reaches everything that is demanded. */
export function reaches(applied: Positions, demanded: Positions): boolean {
  return eventSources.every((source) => (applied[source] ?? 0n) >= (demanded[source] ?? 0n))
}

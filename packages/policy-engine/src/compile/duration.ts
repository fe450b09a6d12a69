import type { RateLimit } from '@gatehouse/contracts/policy/v1/plan'

type Duration = NonNullable<RateLimit['period']>

const nanosMax = 999_999_999
const secondsMax = 315_576_000_000n

/** Whole microseconds of a protobuf duration; undefined when it is unset, negative, out of range or finer. */
export function durationMicros(duration: Duration | undefined): number | undefined {
  if (!duration) return undefined
  const { seconds, nanos } = duration
  if (seconds < 0n || seconds > secondsMax || nanos < 0 || nanos > nanosMax || nanos % 1000 !== 0) return undefined
  const micros = Number(seconds) * 1e6 + nanos / 1000
  return Number.isSafeInteger(micros) ? micros : undefined
}

/** Milliseconds of a protobuf duration, rounded down; undefined as for durationMicros. */
export function durationMs(duration: Duration | undefined): number | undefined {
  const micros = durationMicros(duration)
  return micros === undefined ? undefined : Math.floor(micros / 1000)
}

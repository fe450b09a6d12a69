import { tokenLifetimeSecondsMax } from '@gatehouse/policy-engine'

/** Clocks differ: a token is taken for so long beyond its life, and a revocation is remembered a little longer. */
const skewSeconds = 120

/** When the last token that was issued by a time is dead by itself. */
export function latestExpiry(time: Date): Date {
  return new Date(time.getTime() + (tokenLifetimeSecondsMax + skewSeconds) * 1000)
}

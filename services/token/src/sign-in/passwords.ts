import { availableParallelism } from 'node:os'
import { GatehouseError } from '@gatehouse/errors'
import { hash, parseOptions, verify } from '@node-rs/argon2'

/** OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, 2 passes, 1 lane. 10 ms of a core here. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const argon2id = 2

/** NIST SP 800-63B: length is what counts; an upper bound keeps the work bounded. */
export const passwordCharsMin = 12
export const passwordCharsMax = 256

/** What is typed on different keyboards is one password (RFC 8265 section 4.2.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFC')
}

/** Whether it may become a password: 12 to 256 characters. */
export function isPassword(password: string): boolean {
  const characters = [...normalizePassword(password)].length
  return characters >= passwordCharsMin && characters <= passwordCharsMax
}

export interface Passwords {
  /** Argon2id in PHC format. */
  hash(password: string): Promise<string>
  /**
   * Costs the same whether there is a hash or not.
   * @throws RESOURCE_EXHAUSTED `TOO_MANY_SIGN_INS` when too many wait already
   */
  verify(password: string, hashed: string | undefined): Promise<{ matches: boolean; outdated: boolean }>
}

interface PasswordsOptions {
  /** How many hashes are computed at once, in the thread pool that also serves files and DNS. */
  readonly concurrency?: number
  readonly waitingMax?: number
}

/** Hashes off the event loop, so many at once and so many waiting: a flood of sign-ins is bounded work. */
export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const { concurrency = Math.min(2, availableParallelism()), waitingMax = 64 } = options
  const bounded = createQueue(concurrency, waitingMax)
  // Before anybody asks, so that the first unknown user costs no more than the next.
  const nobodys = hash(crypto.randomUUID(), parameters)

  return {
    hash: (password) => bounded(() => hash(normalizePassword(password), parameters)),
    verify(password, hashed) {
      return bounded(async () => {
        // What is too long for a password is not hashed: 4 MB would be as much work as 19 MiB of memory.
        const typed = password.length > 4 * passwordCharsMax ? '' : normalizePassword(password)
        const matches = await verify(hashed ?? (await nobodys), typed)
        return hashed === undefined ? nothing : { matches, outdated: matches && isOutdated(hashed) }
      })
    },
  }
}

const nothing = { matches: false, outdated: false }

/** Whether it was hashed with other parameters than today's. */
function isOutdated(hashed: string): boolean {
  const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(hashed)
  if (Number(algorithm) !== argon2id || parallelism !== parameters.parallelism) return true
  return memoryCost !== parameters.memoryCost || timeCost !== parameters.timeCost
}

function createQueue(concurrency: number, waitingMax: number) {
  const waiting: (() => void)[] = []
  let running = 0
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= concurrency) {
      if (waiting.length >= waitingMax) throw tooMany()
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      // The place is handed over, not given back: nobody who comes now gets before who waits.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

function tooMany(): GatehouseError {
  const message = 'too many sign-ins wait already: retry later'
  return new GatehouseError('RESOURCE_EXHAUSTED', { reason: 'TOO_MANY_SIGN_INS', message, retryAfterMs: 2_000 })
}

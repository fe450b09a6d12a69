import { InvalidArgumentError } from 'commander'

/** Each use of an option adds to a list: `--cidr A --cidr B`. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/** A whole number from 1 on. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return Number(text)
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration as the console takes it: `90s`, `30m`, `24h`, `7d`. */
export function duration(text: string): string {
  if (!/^\d{1,9}[smhd]$/.test(text)) throw new InvalidArgumentError('It must be like 90s, 30m, 24h or 7d.')
  return text
}

/** A time in ISO 8601, or how far it is from now (`7d`): in the future, or with `ago` in the past. */
export function instant(direction: 'ahead' | 'ago'): (text: string) => string {
  return (text) => {
    const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
    if (amount && unit) {
      const ms = Number(amount) * (units[unit] ?? 0)
      return new Date(direction === 'ago' ? Date.now() - ms : Date.now() + ms).toISOString()
    }
    if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(Date.parse(text)))
      throw new InvalidArgumentError('It must be a time like 2027-01-31T12:00:00Z, or a distance like 7d.')
    return new Date(text).toISOString()
  }
}

/** A SHA-256 digest in hex or base64, as the console takes it. */
export function sha256(text: string): string {
  const bytes = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (bytes.length !== 32) throw new InvalidArgumentError('It must be 32 bytes, in hex or base64.')
  return bytes.toString('base64')
}

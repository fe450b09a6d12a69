/** Bytes that somebody keeps, shows or sends. */
export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

/** Every secret, a text or bytes, that stands in a place, in clear or in one of the spellings that hide it from a simple search. */
export function checkSecrets(secrets: Readonly<Record<string, string | Buffer>>, places: readonly Place[]): string[] {
  const searched = Object.entries(secrets).flatMap(([name, secret]) =>
    spellings(secret).map(([spelling, bytes]) => ({ name: `${name}${spelling}`, bytes })),
  )
  return places.flatMap((place) =>
    searched.filter(({ bytes }) => place.bytes.includes(bytes)).map(({ name }) => `${name} stands in ${place.name}`),
  )
}

function spellings(secret: string | Buffer): [name: string, bytes: Buffer][] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  // Base64 of a longer text that holds it: the secret may begin at any of three places in a group.
  const base64 = [0, 1, 2].map((offset) => base64Within(bytes, offset))
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  const other = base64url.filter((text) => !base64.includes(text))
  return [
    ['', bytes],
    ...(typeof secret === 'string' ? [named(' as UTF-16', Buffer.from(secret, 'utf16le'))] : []),
    ...[named(' as hex', hex), named(' as HEX', hex.toUpperCase())],
    ...base64.map((text) => named(' as base64', text)),
    ...other.map((text) => named(' as base64url', text)),
  ]
}

function named(name: string, spelt: string | Buffer): [name: string, bytes: Buffer] {
  return [name, Buffer.from(spelt)]
}

function base64Within(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const first = offset === 0 ? 0 : 4
  return whole.slice(first, whole.length - 4)
}

/** Bytes that somebody keeps, shows or sends. */
export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

/** Every secret that stands in a place, in clear or in one of the spellings that hide it from a simple search. */
export function checkSecrets(secrets: Readonly<Record<string, string>>, places: readonly Place[]): string[] {
  const searched = Object.entries(secrets).flatMap(([name, text]) =>
    spellings(text).map(([spelling, bytes]) => ({ name: `${name}${spelling}`, bytes })),
  )
  return places.flatMap((place) =>
    searched.filter(({ bytes }) => place.bytes.includes(bytes)).map(({ name }) => `${name} stands in ${place.name}`),
  )
}

function spellings(text: string): [name: string, bytes: Buffer][] {
  const bytes = Buffer.from(text)
  const hex = bytes.toString('hex')
  return [
    ['', bytes],
    [' as UTF-16', Buffer.from(text, 'utf16le')],
    [' as hex', Buffer.from(hex)],
    [' as HEX', Buffer.from(hex.toUpperCase())],
    // Base64 of a longer text that holds it: the secret may begin at any of three places in a group.
    ...[0, 1, 2].map((offset): [string, Buffer] => [' as base64', Buffer.from(base64Within(bytes, offset))]),
  ]
}

function base64Within(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const first = offset === 0 ? 0 : 4
  return whole.slice(first, whole.length - 4)
}

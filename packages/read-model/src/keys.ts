/** The kinds of entries; `parked` holds streams that no view of ours belongs to. */
export const nouns = [
  'api_key',
  'api_key_digest',
  'client',
  'subscription',
  'environment',
  'api',
  'plan',
  'parked',
] as const
export type Noun = (typeof nouns)[number]

const printable = /^[\x21-\x7e]{1,512}$/

function isNoun(text: string): text is Noun {
  return nouns.some((noun) => noun === text)
}

/** Whether something can stand under `<noun>/<id>` at all. */
export function isId(id: string): boolean {
  return printable.test(id)
}

/** Splits `<noun>/<id>`; throws RangeError where the noun is unknown or the id is not printable ASCII. */
export function splitKey(key: string): { readonly noun: Noun; readonly id: string } {
  const slash = key.indexOf('/')
  const noun = key.slice(0, slash)
  const id = key.slice(slash + 1)
  if (!isNoun(noun) || !printable.test(id)) throw new RangeError(`no read model key: ${JSON.stringify(key)}`)
  return { noun, id }
}

/** The key of the view that a stream is folded into: `api-alpha.orders` → `api/alpha/orders`. */
export function keyOfStream(stream: string): string {
  const dash = stream.indexOf('-')
  const noun = stream.slice(0, dash)
  const id = stream.slice(dash + 1)
  if (!isNoun(noun) || !printable.test(id)) return `parked/${encodeURIComponent(stream).slice(0, 511)}~`
  return noun === 'api' || noun === 'plan' ? `${noun}/${id.replace('.', '/')}` : `${noun}/${id}`
}

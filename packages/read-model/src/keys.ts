/** The kinds of entries; `parked` holds streams that no view of ours belongs to. */
export const nouns = [
  'api_key',
  'api_key_digest',
  'client',
  'client_secret',
  'secret_cutoff',
  'entitlement',
  'subscription',
  'environment',
  'api',
  'plan',
  'key_ring',
  'revoked_token',
  'revoked_grant',
  'cutoff',
  'suspended_user',
  'reference_token',
  'parked',
] as const
export type Noun = (typeof nouns)[number]

/** Entries of these may expire: what they are about is over by then. */
export const expiringNouns: ReadonlySet<Noun> = new Set(['revoked_token', 'revoked_grant', 'reference_token'])

const printable = /^[\x21-\x7e]{1,512}$/

const known: ReadonlySet<string> = new Set(nouns)

function isNoun(text: string): text is Noun {
  return known.has(text)
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

// Whose key is not `<noun>/<id>` by the name of the stream: how many dots of the id part it, and the view's noun.
const streams: Readonly<Record<string, { readonly noun: Noun; readonly dots: number }>> = {
  ...Object.fromEntries(nouns.map((noun) => [noun, { noun, dots: 0 }])),
  api: { noun: 'api', dots: 1 },
  plan: { noun: 'plan', dots: 1 },
  token: { noun: 'revoked_token', dots: 1 },
  grant: { noun: 'revoked_grant', dots: 0 },
  user: { noun: 'suspended_user', dots: 0 },
  cutoff: { noun: 'cutoff', dots: 2 },
}

/** The key of the view that a stream is folded into: `api-alpha.orders` → `api/alpha/orders`. */
export function keyOfStream(stream: string): string {
  const dash = stream.indexOf('-')
  const name = stream.slice(0, dash)
  const id = stream.slice(dash + 1)
  const place = Object.hasOwn(streams, name) ? streams[name] : undefined
  if (!place || !printable.test(id)) return `parked/${encodeURIComponent(stream).slice(0, 511)}~`
  return `${place.noun}/${place.dots === 0 ? id : withSlashes(id, place.dots)}`
}

function withSlashes(id: string, dots: number): string {
  const parts = id.split('.')
  const rest = parts.slice(dots).join('.')
  return [...parts.slice(0, dots), ...(rest === '' ? [] : [rest])].join('/')
}

import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import {
  ApiKeyDigestView,
  ApiKeyView,
  ClientSecretView,
  ClientView,
  CutoffView,
  EntitlementView,
  ReferenceTokenView,
  RevocationView,
  SubscriptionView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import { BoundedMap } from './bounded-map.ts'
import { isId, type Noun } from './keys.ts'
import { digestId } from './projections/credential.ts'
import { type Change, type ReadModel, ReadModelUnavailable, type Stored } from './read-model.ts'

/** `parked`: an event of it could not be applied, so nobody knows what it would say: deny. */
export type Lookup<View> =
  | { readonly state: 'found'; readonly view: View }
  | { readonly state: 'absent' }
  | { readonly state: 'parked'; readonly reason: string }

/** At once when this process knows the answer; a promise, which may reject with ReadModelUnavailable, otherwise. */
export type Answer<View> = Lookup<View> | Promise<Lookup<View>>

/** Whose tokens a cut-off is about; without one it is the whole environment. */
export interface CutoffSubject {
  readonly kind: 'client' | 'user'
  readonly id: string
}

/** Decoded views of credentials and of revocations in front of a model. */
export interface ViewCache {
  apiKey(id: string): Answer<ApiKeyView>
  /** Id of an imported key by the SHA-256 of its text. */
  apiKeyByDigest(digest: Uint8Array): Answer<ApiKeyDigestView>
  client(id: string): Answer<ClientView>
  clientSecret(id: string): Answer<ClientSecretView>
  subscription(id: string): Answer<SubscriptionView>
  /** The subscription of a client to an API that was last activated. */
  entitlement(clientId: string, apiId: string): Answer<EntitlementView>
  /** Found: the token is refused. */
  revokedToken(environmentId: string, tokenId: string): Answer<RevocationView>
  /** Found: what came from the grant is refused. */
  revokedGrant(grantId: string): Answer<RevocationView>
  /** Found: what was issued at or before the time is refused. */
  cutoff(environmentId: string, subject?: CutoffSubject): Answer<CutoffView>
  /** Found: everything of the user is refused. */
  suspendedUser(userId: string): Answer<SuspensionView>
  /** What is kept of a phantom or split token, by the hash of what its client holds. */
  referenceToken(environmentId: string, tokenId: string): Answer<ReferenceTokenView>
  /** Feed every change of the model, in order. */
  onChange(change: Change): void
  /** How far the changes are followed: no answer is older. */
  positions(): Positions
  /** Budgeted bytes in use. */
  readonly bytes: number
}

export interface ViewCacheOptions {
  readonly model: ReadModel
  /** Default 64 MiB; an eighth of it is for known absences, so that guessing cannot push out what exists. */
  readonly bytesMax?: number
}

interface Codec<View> {
  decode(bytes: Uint8Array): View
}

interface Flight {
  promise: Promise<Lookup<unknown>>
  /** A change of the key arrived meanwhile: what is on its way may be from before it. */
  stale: boolean
}

const absent: Lookup<never> = { state: 'absent' }
const attemptsMax = 5
// Measured on 100,000 API keys: a view of 115 bytes takes 808 when it is decoded and kept here.
const sizeOf = (key: string, stored: Stored | undefined) =>
  key.length + (stored?.state === 'live' ? 330 + 4 * stored.value.length : 160)

export function createViewCache({ model, bytesMax = 64 * 1024 * 1024 }: ViewCacheOptions): ViewCache {
  const present = new BoundedMap<Lookup<unknown>>(Math.floor(bytesMax * 0.875))
  const missing = new BoundedMap<Lookup<unknown>>(Math.floor(bytesMax * 0.125))
  const flights = new Map<string, Flight>()
  let followed: Positions = {}
  // What was seen once is never un-seen: after lost data the model is not believed until it is there again.
  let floor: Positions = {}

  function keep<View>(key: string, stored: Stored | undefined, codec: Codec<View>): Lookup<View> {
    const lookup = decode(stored, codec)
    const shelf = lookup.state === 'found' ? present : missing
    shelf.set(key, lookup, sizeOf(key, stored))
    return lookup
  }

  async function fetch<View>(key: string, codec: Codec<View>, flight: Flight): Promise<Lookup<View>> {
    try {
      for (let attempts = 0; attempts < attemptsMax; attempts += 1) {
        flight.stale = false
        const least = floor
        const { positions, values } = await model.read([key])
        if (!flight.stale && reaches(positions, least)) return keep(key, values[0], codec)
      }
    } finally {
      flights.delete(key)
    }
    throw new ReadModelUnavailable(`${key}: the store is behind what this process has seen`)
  }

  function lookup<View>(noun: Noun, id: string, codec: Codec<View>): Answer<View> {
    const key = `${noun}/${id}`
    const known = present.get(key) ?? missing.get(key)
    // One noun has one codec, so what stands under its keys is of that view.
    if (known) return known as Lookup<View>
    if (!isId(id)) return absent
    if (model.readNow) return keep(key, model.readNow(key), codec)
    const flying = flights.get(key)
    if (flying) return flying.promise as Promise<Lookup<View>>
    const flight: Flight = { promise: Promise.resolve(absent), stale: false }
    flights.set(key, flight)
    const promise = fetch(key, codec, flight)
    flight.promise = promise
    return promise
  }

  function onChange(change: Change): void {
    if (change.type === 'reset') {
      present.clear()
      missing.clear()
      for (const flight of flights.values()) flight.stale = true
      followed = change.positions
    } else {
      for (const key of change.keys) {
        present.delete(key)
        missing.delete(key)
        const flight = flights.get(key)
        if (flight) flight.stale = true
      }
      followed = { ...followed, [change.source]: change.upTo }
    }
    floor = furthest(floor, followed)
  }

  return {
    ...viewsOf(lookup),
    onChange,
    positions: () => followed,
    get bytes() {
      return present.bytes + missing.bytes
    },
  }
}

type Views = Omit<ViewCache, 'onChange' | 'positions' | 'bytes'>

function viewsOf(lookup: <View>(noun: Noun, id: string, codec: Codec<View>) => Answer<View>): Views {
  return {
    apiKey: (id) => lookup('api_key', id, ApiKeyView),
    apiKeyByDigest: (digest) => lookup('api_key_digest', digestId(digest), ApiKeyDigestView),
    client: (id) => lookup('client', id, ClientView),
    clientSecret: (id) => lookup('client_secret', id, ClientSecretView),
    subscription: (id) => lookup('subscription', id, SubscriptionView),
    entitlement: (clientId, apiId) => lookup('entitlement', `${clientId}/${apiId}`, EntitlementView),
    revokedToken: (environmentId, id) => lookup('revoked_token', `${environmentId}/${id}`, RevocationView),
    revokedGrant: (id) => lookup('revoked_grant', id, RevocationView),
    cutoff: (environmentId, subject) => lookup('cutoff', cutoffId(environmentId, subject), CutoffView),
    suspendedUser: (id) => lookup('suspended_user', id, SuspensionView),
    referenceToken: (environmentId, id) => lookup('reference_token', `${environmentId}/${id}`, ReferenceTokenView),
  }
}

function cutoffId(environmentId: string, subject: CutoffSubject | undefined): string {
  return subject ? `${environmentId}/${subject.kind}/${subject.id}` : `${environmentId}/environment`
}

function decode<View>(stored: Stored | undefined, codec: Codec<View>): Lookup<View> {
  if (stored === undefined || stored.state === 'deleted') return absent
  if (stored.state === 'parked') return { state: 'parked', reason: stored.reason }
  try {
    return { state: 'found', view: codec.decode(stored.value) }
  } catch {
    return { state: 'parked', reason: 'malformed view' }
  }
}

function furthest(a: Positions, b: Positions): Positions {
  const most: { [Source in EventSource]?: bigint } = {}
  for (const source of eventSources) {
    const [x, y] = [a[source] ?? 0n, b[source] ?? 0n]
    most[source] = x > y ? x : y
  }
  return most
}

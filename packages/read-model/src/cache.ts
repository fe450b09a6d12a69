import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import type {
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
import { isId } from './keys.ts'
import { digestId } from './projections/credential.ts'
import { type Change, type ReadModel, ReadModelUnavailable, type Stored } from './read-model.ts'
import { readTogether } from './read-together.ts'
import { bearsOnTokens, keyOfView, kinds, type Lookup, type ViewKind } from './view-kinds.ts'

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
  /**
   * Moves with every change of a client, a subscription or a deny list. A token that was found good under a number,
   * read before the look-ups, is good for as long as the number stands: none of them need be asked again.
   */
  denials(): number
  /** How far the changes are followed: no answer is older. */
  positions(): Positions
  /** Budgeted bytes in use. */
  readonly bytes: number
}

export interface ViewCacheOptions {
  readonly model: ReadModel
  /**
   * Default 64 MiB. An eighth is for absent credentials, so that guessing cannot push out what exists; a quarter for
   * what stands on no deny list, so that it cannot push out that either.
   */
  readonly bytesMax?: number
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

/** What is known, in a budget of bytes. */
function createShelves(bytesMax: number) {
  const present = new BoundedMap<Lookup<unknown>>(Math.floor(bytesMax * 0.625))
  const missing = new BoundedMap<Lookup<unknown>>(Math.floor(bytesMax * 0.125))
  const undenied = new BoundedMap<Lookup<unknown>>(Math.floor(bytesMax * 0.25))
  const shelves = [present, missing, undenied]
  return {
    get: (key: string, { denies }: ViewKind<unknown>) =>
      denies ? (undenied.get(key) ?? present.get(key)) : (present.get(key) ?? missing.get(key)),
    set(key: string, { denies }: ViewKind<unknown>, lookup: Lookup<unknown>, bytes: number) {
      const shelf = lookup.state !== 'absent' ? present : denies ? undenied : missing
      shelf.set(key, lookup, bytes)
    },
    delete(key: string) {
      for (const shelf of shelves) shelf.delete(key)
    },
    clear() {
      for (const shelf of shelves) shelf.clear()
    },
    bytes: () => shelves.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

export function createViewCache({ model, bytesMax = 64 * 1024 * 1024 }: ViewCacheOptions): ViewCache {
  const shelves = createShelves(bytesMax)
  const flights = new Map<string, Flight>()
  const read = readTogether(model)
  let denials = 0
  let followed: Positions = {}
  // What was seen once is never un-seen: after lost data the model is not believed until it is there again.
  let floor: Positions = {}

  function keep<View>(key: string, kind: ViewKind<View>, values: readonly (Stored | undefined)[]): Lookup<View> {
    const lookup = kind.decode(values)
    shelves.set(key, kind, lookup, sizeOf(key, values[0]))
    return lookup
  }

  async function fetch<View>(key: string, kind: ViewKind<View>, id: string, flight: Flight): Promise<Lookup<View>> {
    try {
      for (let attempts = 0; attempts < attemptsMax; attempts += 1) {
        flight.stale = false
        const least = floor
        const { positions, values } = await read(kind.keys(id))
        if (!flight.stale && reaches(positions, least)) return keep(key, kind, values)
      }
    } finally {
      flights.delete(key)
    }
    throw new ReadModelUnavailable(`${key}: the store is behind what this process has seen`)
  }

  /**
   * Views are kept, to spare their decoding. Not absences: the model finds them as fast, and one kept for each new token
   * is 200 bytes that only a whole collection gives back.
   */
  function readAtOnce<View>(key: string, kind: ViewKind<View>, values: readonly (Stored | undefined)[]): Lookup<View> {
    return values.every((value) => value === undefined) ? absent : keep(key, kind, values)
  }

  function lookup<View>(kind: ViewKind<View>, id: string): Answer<View> {
    const key = `${kind.noun}/${id}`
    const known = shelves.get(key, kind)
    // One noun has one codec, so what stands under its keys is of that view.
    if (known) return known as Lookup<View>
    if (!isId(id)) return absent
    const { readNow } = model
    if (readNow) return readAtOnce(key, kind, kind.keys(id).map(readNow))
    const flying = flights.get(key)
    if (flying) return flying.promise as Promise<Lookup<View>>
    const flight: Flight = { promise: Promise.resolve(absent), stale: false }
    flights.set(key, flight)
    const promise = fetch(key, kind, id, flight)
    flight.promise = promise
    return promise
  }

  function drop(changed: string): void {
    const key = keyOfView(changed)
    if (bearsOnTokens(key)) denials += 1
    shelves.delete(key)
    const flight = flights.get(key)
    if (flight) flight.stale = true
  }

  function onChange(change: Change): void {
    if (change.type === 'reset') {
      denials += 1
      shelves.clear()
      for (const flight of flights.values()) flight.stale = true
      followed = change.positions
    } else {
      for (const key of change.keys) drop(key)
      followed = { ...followed, [change.source]: change.upTo }
    }
    floor = furthest(floor, followed)
  }

  return {
    ...viewsOf(lookup),
    onChange,
    positions: () => followed,
    denials: () => denials,
    get bytes() {
      return shelves.bytes()
    },
  }
}

type Views = Omit<ViewCache, 'onChange' | 'positions' | 'denials' | 'bytes'>

function viewsOf(lookup: <View>(kind: ViewKind<View>, id: string) => Answer<View>): Views {
  return {
    apiKey: (id) => lookup(kinds.apiKey, id),
    apiKeyByDigest: (digest) => lookup(kinds.apiKeyDigest, digestId(digest)),
    client: (id) => lookup(kinds.client, id),
    clientSecret: (id) => lookup(kinds.clientSecret, id),
    subscription: (id) => lookup(kinds.subscription, id),
    entitlement: (clientId, apiId) => lookup(kinds.entitlement, `${clientId}/${apiId}`),
    revokedToken: (environmentId, id) => lasting(lookup(kinds.revokedToken, `${environmentId}/${id}`)),
    revokedGrant: (id) => lasting(lookup(kinds.revokedGrant, id)),
    cutoff: (environmentId, subject) => lookup(kinds.cutoff, cutoffId(environmentId, subject)),
    suspendedUser: (id) => lookup(kinds.suspendedUser, id),
    referenceToken: (environmentId, id) => lasting(lookup(kinds.referenceToken, `${environmentId}/${id}`)),
  }
}

function cutoffId(environmentId: string, subject: CutoffSubject | undefined): string {
  return subject ? `${environmentId}/${subject.kind}/${subject.id}` : `${environmentId}/environment`
}

interface Expiring {
  readonly expireTime?: Date | undefined
}

/** What has expired is absent, whether the model has forgotten it or not. */
function lasting<View extends Expiring>(answer: Answer<View>): Answer<View> {
  return answer instanceof Promise ? answer.then(unlessExpired) : unlessExpired(answer)
}

function unlessExpired<View extends Expiring>(found: Lookup<View>): Lookup<View> {
  if (found.state !== 'found' || !found.view.expireTime) return found
  return found.view.expireTime.getTime() <= Date.now() ? absent : found
}

function furthest(a: Positions, b: Positions): Positions {
  const most: { [Source in EventSource]?: bigint } = {}
  for (const source of eventSources) {
    const [x, y] = [a[source] ?? 0n, b[source] ?? 0n]
    most[source] = x > y ? x : y
  }
  return most
}

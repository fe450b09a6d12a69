import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { decodeEvent, type TokenEvent, tokenEvents } from '@gatehouse/contracts/events'
import {
  CutoffView,
  KeyRingView,
  ReferenceTokenView,
  RevocationView,
  type SigningKeyView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import type { OracleEntry } from './oracle.ts'

type Named<Suffix extends string> = Extract<TokenEvent, { type: `${string}.${Suffix}` }>
type Versioned<Event> = { readonly event: Event; readonly version: bigint }

/** The entry of a stream of the token log; nothing for one without a view, or when that is over. */
export function tokenEntry(stream: readonly RecordedEvent[], aliveAtMs: number): OracleEntry[] {
  const history = stream.flatMap((recorded): Versioned<TokenEvent>[] => {
    const event = decodeEvent(tokenEvents, recorded)
    return event ? [{ event, version: recorded.version }] : []
  })
  const cutoffs = all(history, 'TokensRevokedBefore')
  if (history.some(({ event }) => event.type.includes('.SigningKey'))) return [keyRingEntry(history)]
  if (cutoffs.length > 0) return [cutoffEntry(cutoffs)]
  return [...revocations(history, aliveAtMs), ...suspensions(history), ...references(history, aliveAtMs)]
}

function keyRingEntry(history: readonly Versioned<TokenEvent>[]): OracleEntry {
  const published = all(history, 'SigningKeyPublished')
  const signingKeys = published.map(({ event: { data } }): SigningKeyView => {
    const own = history.filter(({ event }) => 'keyId' in event.data && event.data.keyId === data.keyId)
    const removed = all(own, 'SigningKeyRemoved')[0]?.event.data
    const retired = all(own, 'SigningKeyRetired').at(-1)?.event.data
    const names = own.map(({ event }) => event.type)
    const lastMove = removed ? 'Removed' : (names.at(-1)?.slice('gatehouse.token.v1.SigningKey'.length) ?? '')
    const states: Readonly<Record<string, 1 | 2 | 3 | 4>> = { Published: 1, Activated: 2, Retired: 3, Removed: 4 }
    return {
      ...{ keyId: data.keyId, environmentId: data.environmentId, algorithm: data.algorithm },
      state: states[lastMove] ?? 1,
      publicJwk: removed ? '' : data.publicJwk,
      removeTime: (removed ?? retired)?.removeTime,
      version: own.at(-1)?.version ?? 0n,
    }
  })
  const version = history.at(-1)?.version ?? 0n
  const environmentId = published[0]?.event.data.environmentId
  return [`key_ring/${environmentId}`, `${version}:`, KeyRingView.encode({ signingKeys, version }).finish()]
}

function cutoffEntry(cutoffs: readonly Versioned<Named<'TokensRevokedBefore'>>[]): OracleEntry {
  const [first] = cutoffs
  const times = cutoffs.map(({ event }) => event.data.before?.getTime() ?? 0)
  const subject = ['', 'client', 'user', 'environment'][first?.event.data.subject ?? 0]
  const ids = [first?.event.data.environmentId, subject, first?.event.data.subjectId].filter((id) => id)
  const value = CutoffView.encode({ before: new Date(Math.max(...times)) }).finish()
  return [`cutoff/${ids.join('/')}`, `${cutoffs.at(-1)?.version}:`, value]
}

function revocations(history: readonly Versioned<TokenEvent>[], aliveAtMs: number): OracleEntry[] {
  const token = all(history, 'TokenRevoked').at(-1)
  const grant = all(history, 'GrantRevoked').at(-1)
  const last = token ?? grant
  if (!last) return []
  const { data } = last.event
  const { revokeTime, expireTime } = data
  if (expireTime && expireTime.getTime() <= aliveAtMs) return []
  const key =
    'tokenId' in data ? `revoked_token/${data.environmentId}/${data.tokenId}` : `revoked_grant/${data.grantId}`
  return [[key, head(last.version, expireTime), RevocationView.encode({ revokeTime, expireTime }).finish()]]
}

function suspensions(history: readonly Versioned<TokenEvent>[]): OracleEntry[] {
  const last = history.findLast(
    ({ event: { type } }) => type.endsWith('.UserSuspended') || type.endsWith('.UserResumed'),
  )
  if (!last) return []
  const { data } = last.event
  const key = `suspended_user/${'userId' in data ? data.userId : ''}`
  if (!('suspendTime' in data)) return [[key, `${last.version}-`, new Uint8Array()]]
  return [[key, `${last.version}:`, SuspensionView.encode({ suspendTime: data.suspendTime }).finish()]]
}

function references(history: readonly Versioned<TokenEvent>[], aliveAtMs: number): OracleEntry[] {
  return all(history, 'ReferenceTokenIssued').flatMap(({ event, version }): OracleEntry[] => {
    const token = event.data.referenceToken
    if (!token?.expireTime || token.expireTime.getTime() <= aliveAtMs) return []
    const { form, content } = token
    const value = ReferenceTokenView.encode({ form, content, expireTime: undefined }).finish()
    return [[`reference_token/${token.environmentId}/${token.tokenId}`, head(version, token.expireTime), value]]
  })
}

function head(version: bigint, expireTime: Date | undefined): string {
  return expireTime ? `${version}~${expireTime.getTime().toString(36)}:` : `${version}:`
}

function all<Suffix extends string>(
  history: readonly Versioned<TokenEvent>[],
  suffix: Suffix,
): readonly Versioned<Named<Suffix>>[] {
  const is = (each: Versioned<TokenEvent>): each is Versioned<Named<Suffix>> => each.event.type.endsWith(`.${suffix}`)
  return history.filter(is)
}

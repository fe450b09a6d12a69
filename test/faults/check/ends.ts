import type { Command, History } from '../history.ts'

/** That a credential ended, which was acknowledged. */
export interface End {
  readonly keyId: string
  readonly what: string
  readonly endedAt: number
  /** From which on it may be good again: a resumption was sent. */
  readonly until: number
  readonly position: string
}

/** All ends that were acknowledged, of what was derived from an ended one included. */
export function endsOf({ commands, redemptions = [] }: History): Map<string, End[]> {
  const children = Map.groupBy(
    redemptions.filter(({ kind, tokenId }) => kind === 'exchange' && tokenId),
    ({ spent }) => spent,
  )
  const resumptions = Map.groupBy(
    commands.filter(({ action, outcome }) => action === 'resume' && outcome !== 'fail'),
    ({ keyId }) => keyId,
  )
  const ofCommands = commands.filter(isEnd).flatMap((command): End[] => {
    const { keyId = '', action, id, endedAt, position } = command
    const resumed = resumptions.get(keyId)?.find(({ invokedAt }) => invokedAt >= endedAt)
    const end = { what: `${action} ${id}`, endedAt, until: resumed?.invokedAt ?? Number.POSITIVE_INFINITY, position }
    const derived = children.get(keyId)?.flatMap(({ tokenId }) => tokenId ?? []) ?? []
    return [keyId, ...derived].map((each) => ({ ...end, keyId: each }))
  })
  const ofFamilies = redemptions.filter(isReuse).flatMap(({ family, spent, endedAt }) => {
    const given = redemptions.filter((each) => each.family === family && each.tokenId)
    const end = { what: `reuse of ${spent}`, endedAt, until: Number.POSITIVE_INFINITY, position: '' }
    return given.map(({ tokenId = '' }) => ({ ...end, keyId: tokenId }))
  })
  return Map.groupBy([...ofCommands, ...ofFamilies], ({ keyId }) => keyId)
}

const isEnd = ({ action, outcome }: Command) =>
  outcome === 'ok' && (action === 'suspend' || action === 'revoke' || action === 'revoke_token')

const isReuse = ({ reuse, outcome }: { readonly reuse: boolean; readonly outcome: string }) =>
  reuse && outcome === 'fail'

import type { History, Redemption } from '../history.ts'

/** A code gives tokens once, a refresh token has one successor, and a reuse ends its family. */
export function checkOnce({ redemptions = [] }: History): string[] {
  const gave = redemptions.filter(({ outcome }) => outcome === 'ok')
  const once = [...Map.groupBy(gave.filter(isSpent), ({ spent }) => spent)].flatMap(([spent, all]) => {
    const [first] = all
    const results = new Set(all.map(({ kind, tokenId, successor }) => (kind === 'code' ? tokenId : successor)))
    return results.size > 1 ? [`${first?.kind} ${spent} gave tokens ${results.size} times`] : []
  })
  const reused = redemptions.filter(({ reuse }) => reuse)
  const ended = new Map(
    reused.filter(({ outcome }) => outcome === 'fail').map(({ family, endedAt }) => [family, endedAt]),
  )
  return [
    ...once,
    ...reused.filter(({ outcome }) => outcome === 'ok').map(({ spent }) => `${spent} gave tokens when it was reused`),
    ...gave
      .filter(({ family, invokedAt, kind }) => kind !== 'exchange' && invokedAt > (ended.get(family) ?? Infinity))
      .map(({ spent, family }) => `${spent} gave tokens after a reuse in its family ${family}`),
  ]
}

const isSpent = ({ kind }: Redemption) => kind !== 'exchange'

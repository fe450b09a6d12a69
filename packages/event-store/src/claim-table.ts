import { alreadyExists } from '@gatehouse/errors'
import type { Claim } from './command.ts'
import type { Queryable } from './log-reader.ts'

interface ClaimRow {
  readonly kind: string
  readonly value: string
  readonly owner: string
}

/** Who owns what, as far as the commands of a batch ask, and what the batch changes in it. */
export function createClaimTable(db: Queryable, schema: string) {
  const owners = new Map<string, string | undefined>()
  const changed = new Map<string, Claim>()

  async function load(claims: readonly Claim[]): Promise<void> {
    const unknown = claims.filter((claim) => !owners.has(keyOf(claim)))
    if (unknown.length === 0) return
    for (const claim of unknown) owners.set(keyOf(claim), undefined)
    const { rows } = await db.query<ClaimRow>({
      name: `${schema} claims`,
      text: `
        SELECT kind, value, owner FROM ${schema}.claim
        JOIN unnest($1::text[], $2::text[]) AS asked (kind, value) USING (kind, value)`,
      values: [unknown.map(({ kind }) => kind), unknown.map(({ value }) => value)],
    })
    for (const row of rows) owners.set(keyOf(row), row.owner)
  }

  return {
    /**
     * Gives back what the owner holds, then takes: all or, when one is taken, nothing.
     * @throws ALREADY_EXISTS `<KIND>_EXISTS` when another stream owns it
     */
    async change(releases: readonly Claim[], claims: readonly Claim[]): Promise<void> {
      await load([...releases, ...claims])
      const released = new Set(releases.filter((claim) => owners.get(keyOf(claim)) === claim.owner).map(keyOf))
      const taken = claims.find((claim) => {
        const owner = owners.get(keyOf(claim))
        return owner !== undefined && owner !== claim.owner && !released.has(keyOf(claim))
      })
      if (taken) throw alreadyExists(taken.kind, taken.value)
      for (const claim of releases) if (released.has(keyOf(claim))) set(claim, undefined)
      for (const claim of claims) set(claim, claim.owner)
    },
    async write(): Promise<void> {
      const touched = [...changed.values()]
      if (touched.length === 0) return
      const kinds = touched.map(({ kind }) => kind)
      const values = touched.map(({ value }) => value)
      await db.query(
        `DELETE FROM ${schema}.claim WHERE (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
        [kinds, values],
      )
      await db.query(
        `INSERT INTO ${schema}.claim (kind, value, owner)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (kind, value, owner) WHERE owner IS NOT NULL`,
        [kinds, values, touched.map((claim) => owners.get(keyOf(claim)))],
      )
    },
  }

  function set(claim: Claim, owner: string | undefined): void {
    owners.set(keyOf(claim), owner)
    changed.set(keyOf(claim), claim)
  }
}

function keyOf({ kind, value }: Pick<Claim, 'kind' | 'value'>): string {
  return JSON.stringify([kind, value])
}

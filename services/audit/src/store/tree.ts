import { withClient } from '@gatehouse/event-store'
import { Frontier, HASH_BYTES } from '@gatehouse/transparency-log'
import type pg from 'pg'
import { daysOfPositions } from '../read/days.ts'

/** Levels of the tree for each level of tiles, and hashes in a whole tile. */
export const TILE_HEIGHT = 8
export const TILE_HASHES = 2 ** TILE_HEIGHT

/** Of one transaction. */
const LEAVES_MAX = 10_000

/**
 * Takes records that the tree does not have yet into it, in the order of the ledger.
 * @returns whether there may be more
 */
export function growTree(pool: pg.Pool): Promise<boolean> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN')
    const tree = await lockTree(client)
    const leaves = await leavesBehind(client, tree.size)
    if (leaves.length > 0) await store(client, tree, leaves)
    await client.query('COMMIT')
    return leaves.length === LEAVES_MAX
  })
}

/** Two that grow it at once would both take the same records. */
async function lockTree(client: pg.PoolClient): Promise<Frontier> {
  const { rows } = await client.query<{ size: string; peaks: Buffer }>('SELECT size, peaks FROM audit.tree FOR UPDATE')
  const [row] = rows
  if (!row) throw new Error('audit.tree is empty')
  return new Frontier(Number(row.size), hashesIn(row.peaks))
}

/** Positions become visible in their order, without a gap: appends hold the lock of the head until they are committed. */
async function leavesBehind(client: pg.PoolClient, size: number): Promise<Buffer[]> {
  const [after, upTo] = [BigInt(size), BigInt(size + LEAVES_MAX)]
  const days = await daysOfPositions(client, after, upTo)
  const { rows } = await client.query<{ position: string; leaf: Buffer }>(
    `SELECT position, sha256('\\x00'::bytea || json) AS leaf FROM audit.decision
     WHERE day = ANY($1::date[]) AND position > $2 AND position <= $3 ORDER BY position`,
    [days, String(after), String(upTo)],
  )
  return rows.map(({ position, leaf }, index) => {
    const expected = size + index + 1
    if (Number(position) !== expected)
      throw new Error(`record ${expected} is gone from the ledger before it was hashed`)
    return leaf
  })
}

async function store(client: pg.PoolClient, tree: Frontier, leaves: readonly Buffer[]): Promise<void> {
  const tiles = new Map<string, { level: number; index: number; hashes: Buffer[] }>()
  for (const leaf of leaves) {
    for (const { height, index, hash } of tree.append(leaf)) {
      if (height % TILE_HEIGHT !== 0) continue
      const at = { level: height / TILE_HEIGHT, index: Math.floor(index / TILE_HASHES) }
      const name = `${at.level}/${at.index}`
      const tile = tiles.get(name) ?? { ...at, hashes: [] }
      tiles.set(name, tile)
      tile.hashes.push(hash)
    }
  }
  const grown = [...tiles.values()]
  await client.query(
    `INSERT INTO audit.tile SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
     ON CONFLICT (level, index) DO UPDATE SET hashes = audit.tile.hashes || excluded.hashes`,
    [
      grown.map(({ level }) => level),
      grown.map(({ index }) => index),
      grown.map(({ hashes }) => Buffer.concat(hashes)),
    ],
  )
  await client.query('UPDATE audit.tree SET size = $1, peaks = $2', [tree.size, Buffer.concat(tree.peaks)])
}

/** Hashes that stand side by side. */
export function hashesIn(bytes: Buffer): Buffer[] {
  const count = bytes.length / HASH_BYTES
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

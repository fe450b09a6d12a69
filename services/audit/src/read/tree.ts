import { invalidArgument } from '@gatehouse/errors'
import { Frontier, HASH_BYTES, peaksOf, type ReadNode } from '@gatehouse/transparency-log'
import type pg from 'pg'
import { hashesIn, TILE_HASHES, TILE_HEIGHT } from '../store/tree.ts'

/** The tree at one of the sizes that it has had. */
export interface Tree {
  readonly size: number
  readonly root: Buffer
  readonly readNode: ReadNode
}

/**
 * @param size 0 for the largest
 * @param field that the size was asked for by
 * @throws GatehouseError INVALID_ARGUMENT when it never had that size
 */
export async function readTree(pool: pg.Pool, size: bigint, field: string): Promise<Tree> {
  const { rows } = await pool.query<{ size: string; peaks: Buffer }>('SELECT size, peaks FROM audit.tree')
  const largest = Number(rows[0]?.size ?? 0)
  if (size < 0n || size > largest)
    throw invalidArgument([{ field, description: `the tree has never had it: from 1 to ${largest}, or 0 for that` }])
  const wanted = Number(size) || largest
  const readNode = nodeReader(pool)
  const peaks = wanted === largest ? hashesIn(rows[0]?.peaks ?? Buffer.alloc(0)) : await peaksOf(readNode, wanted)
  return { size: wanted, root: new Frontier(wanted, peaks).root(), readNode }
}

/** Each tile is read once. */
function nodeReader(pool: pg.Pool): ReadNode {
  const tiles = new Map<string, Promise<Buffer>>()

  async function readTile(level: number, index: number): Promise<Buffer> {
    const { rows } = await pool.query<{ hashes: Buffer }>(
      'SELECT hashes FROM audit.tile WHERE level = $1 AND index = $2',
      [level, index],
    )
    return rows[0]?.hashes ?? Buffer.alloc(0)
  }

  return async (height, index) => {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const [first, tile] = [(index * width) % TILE_HASHES, Math.floor((index * width) / TILE_HASHES)]
    const name = `${level}/${tile}`
    const reading = tiles.get(name) ?? readTile(level, tile)
    tiles.set(name, reading)
    const bytes = await reading
    if (bytes.length < (first + width) * HASH_BYTES) throw new Error(`tile ${name} is short`)
    const hashes = bytes.subarray(first * HASH_BYTES, (first + width) * HASH_BYTES)
    const subtree = new Frontier()
    for (const hash of hashesIn(hashes)) subtree.append(hash)
    return subtree.root()
  }
}

import type pg from 'pg'
import { type DeadLetter, deadLetterDigest, deadLetterNote, LEDGER_EPOCH, LEDGER_NODE } from '../domain/dead-letter.ts'
import type { KeyedRecord } from './copy-decisions.ts'

/**
 * Keeps dead letters as they came, and answers the ledger's notes about those that are new, to be stored behind
 * `noteSequence`. The caller holds the lock of the head.
 */
export async function keepDeadLetters(
  client: pg.PoolClient,
  letters: readonly DeadLetter[],
  noteSequence: bigint,
  timeMs: number,
): Promise<KeyedRecord[]> {
  const notes: KeyedRecord[] = []
  for (const letter of letters) {
    const sequence = noteSequence + BigInt(notes.length) + 1n
    const { identity, source, problem, raw } = letter
    const { rowCount } = await client.query(
      `INSERT INTO audit.dead_letter VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (digest) DO NOTHING`,
      [
        deadLetterDigest(letter),
        String(sequence),
        new Date(timeMs),
        source,
        identity?.node.replaceAll('\0', '\ufffd'),
        identity && String(identity.epoch),
        identity && String(identity.sequence),
        problem,
        Buffer.from(raw),
      ],
    )
    if (rowCount === 1) notes.push(noteRecord(letter, sequence, timeMs))
  }
  return notes
}

function noteRecord(letter: DeadLetter, sequence: bigint, timeMs: number): KeyedRecord {
  const json = deadLetterNote(letter, sequence, timeMs)
  return {
    record: { node: LEDGER_NODE, epoch: LEDGER_EPOCH, sequence, json },
    keys: {
      timeMs,
      allowed: false,
      reason: 'record_malformed',
      environmentId: null,
      apiId: null,
      operationId: null,
      clientId: null,
      credentialId: null,
      authMethod: null,
      requestId: null,
    },
  }
}

import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import {
  CheckpointRefused,
  ExportRefused,
  leafHash,
  openCheckpoint,
  provesInclusion,
  verifyExport,
} from '@gatehouse/transparency-log'
import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import { CliError } from '../cli-error.ts'
import type { ConsoleClient } from '../console/client.ts'
import { routes } from '../console/routes.ts'
import { linesOf } from '../lines.ts'
import { requireText } from '../read-text.ts'
import { recordIn, textIn } from '../record.ts'
import type { Act, ActAlone, ActAsClient } from '../session.ts'

const afterHelp = `
The verifier key is what an operator gave out (gatehouse ledger key): kept elsewhere, like the checkpoints, it shows whether
the ledger is still the one that was signed for, whatever happened to the servers since.`

export function addLedger(program: Command, act: Act, _asClient: ActAsClient, alone: ActAlone): void {
  const ledger = program
    .command('ledger')
    .description('all decision records, in one order that cannot be changed unseen')
    .addHelpText('after', afterHelp)

  ledger
    .command('key')
    .description('shows what signatures of the ledger are verified with')
    .action(() =>
      act(async ({ console, output }) => {
        const { verifier_key } = await console.get(routes.checkpoint)
        output.text({ verifier_key }, 'verifier_key')
      }),
    )

  ledger
    .command('checkpoint')
    .description('signs the ledger as it stands: a small text, to be kept elsewhere')
    .action(() => act(async ({ console, output }) => output.text(await console.get(routes.checkpoint), 'checkpoint')))

  ledger
    .command('export')
    .description('writes the whole ledger to a file: a line with its checkpoint, then a line for each record')
    .argument('<file>')
    .action((file: string) =>
      act(async ({ console, output }) => {
        await writeFile(file, console.download(routes.ledgerExport))
        output.note(`${file}: verify it with gatehouse ledger verify`)
      }),
    )

  ledger
    .command('verify')
    .description('verifies an export, without asking anybody')
    .argument('<file>')
    .requiredOption('--key <key>', 'the verifier key')
    .option('--earlier <file>', 'a checkpoint that was kept (repeatable): the ledger must begin with that', collect, [])
    .action((file: string, { key, earlier: kept }: { key: string; earlier: readonly string[] }) =>
      alone(async (output) => {
        const earlier = await Promise.all(kept.map(async (path) => `${await requireText(path)}\n`))
        const { checkpoint, firstPosition, records } = await orRefused(
          file,
          verifyExport(linesOf(createReadStream(file)), { verifierKey: key, earlier }),
        )
        output.one({
          verified: true,
          origin: checkpoint.origin,
          first_position: firstPosition,
          records,
          size: checkpoint.size,
          root: checkpoint.root.toString('base64'),
        })
      }),
    )

  ledger
    .command('prove')
    .description('shows that a decision is in the ledger')
    .argument('<decision>')
    .requiredOption('--key <key>', 'the verifier key')
    .action((decision: string, { key }: { key: string }) =>
      act(async ({ console, output }) => output.one(await orRefused(decision, prove(console, decision, key)))),
    )
}

async function prove(console: ConsoleClient, decision: string, key: string) {
  const proof = await console.get(routes.inclusionProof(decision))
  const { origin, size, root } = openCheckpoint(textIn(proof, 'checkpoint'), key)
  const index = Number(textIn(proof, 'leaf_index'))
  const record = Buffer.from(textIn(proof, 'record'), 'base64')
  const hashes = Array.isArray(proof['hashes'])
    ? proof['hashes'].map((hash) => Buffer.from(String(hash), 'base64'))
    : []
  if (!provesInclusion({ leaf: leafHash(record), index, size, root }, hashes))
    throw new CliError(`${decision}: the proof does not lead to the root that was signed`)
  if (textIn(recordIn(JSON.parse(record.toString()), 'metadata'), 'uid') !== decision)
    throw new CliError(`${decision}: the proof is of another record`)
  return { proven: true, origin, leaf_index: index, size, root: root.toString('base64') }
}

async function orRefused<Value>(what: string, value: Promise<Value>): Promise<Value> {
  try {
    return await value
  } catch (error) {
    const reason = error instanceof CheckpointRefused || error instanceof ExportRefused || isFileError(error)
    throw reason ? new CliError(`${what}: ${(error as Error).message}`) : error
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

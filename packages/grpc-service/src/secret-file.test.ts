import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readOrMakeSecret } from './secret-file.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'secret-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

test('processes that start at once share what one of them made, and nothing is left aside', async () => {
  const keys = join(await folder(), 'keys')
  const path = join(keys, 'a')
  const read = await Promise.all(Array.from({ length: 20 }, () => readOrMakeSecret(path, () => randomBytes(32))))
  expect(new Set(read.map((bytes) => bytes.toString('hex'))).size).toBe(1)
  expect(await readOrMakeSecret(path, () => 'another')).toEqual(read[0])
  expect(await readdir(keys)).toEqual(['a'])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('what cannot be read is not made anew', async () => {
  await expect(readOrMakeSecret(await folder(), () => 'x')).rejects.toThrow('EISDIR')
})

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditTopic, auditTopicSettings, eventTopic, eventTopicSettings } from '@gatehouse/bus'
import { eventSources } from '@gatehouse/contracts/events'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = await readFile(join(root, 'docs', 'operations.md'), 'utf8')

test('the page names the metrics that there are', async () => {
  const files = await Promise.all(['services', 'packages'].map(sourcesBelow))
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')))
  const made = new Set(
    texts.flatMap((text) => text.match(/(?<=')(gatehouse_[a-z_]+|(http|rpc)_[a-z_]+_seconds)(?=')/g) ?? []),
  )
  const named = new Set(page.match(/(?<=`)(gatehouse|http|rpc)_[a-z_]+/g))
  expect([...named].sort()).toEqual([...made].sort())
})

test('the page names the topics that there are, with their partitions', () => {
  const topics = [...eventSources.map((source) => [eventTopic(source), eventTopicSettings(source).partitions])]
  topics.push([auditTopic(), auditTopicSettings().partitions])
  const rows = [...page.matchAll(/^\| `(gatehouse\.\w+\.v1)` \| (\d+) \|/gm)]
  expect(rows.map(([, topic, partitions]) => [topic, Number(partitions)]).sort()).toEqual(topics.sort())
})

async function sourcesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/node_modules|\/gen\//.test(file))
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { services } from '../deploy/services.ts'

const root = join(import.meta.dirname, '..')
const page = await readFile(join(root, 'docs', 'configuration.md'), 'utf8')

interface Row {
  readonly section: string
  readonly name: string
  readonly defaultValue: string
  readonly unit: string
  readonly meaning: string
}

const rows = page.split(/^## /m).flatMap((section): Row[] => {
  const found = section.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*?) \| (.*) \|$/gm)
  return [...found].map(([, name, defaultValue, unit, meaning]) => ({
    ...{
      section: section.split('\n', 1)[0]!,
      name: name!,
      defaultValue: defaultValue!,
      unit: unit!,
      meaning: meaning!,
    },
  }))
})

interface Variable {
  readonly name: string
  read(text: string | undefined): unknown
}

/** As the page shows it. */
function defaultOf({ name, read }: Variable): string {
  if (name === 'GATEHOUSE_NODE') return 'host name'
  try {
    const value = String(read(undefined) ?? '')
    return value === '' ? '—' : `\`${value}\``
  } catch {
    return 'required'
  }
}

describe.each(services)('the table of %s', async (service) => {
  const { variables } = (await import(`../services/${service}/src/config.ts`)) as { variables: object }
  const table = Object.values(variables) as Variable[]
  const documented = rows.filter(({ section }) => section === service)

  test('names every variable that is read, with its default', () => {
    const shown = Object.fromEntries(documented.map(({ name, defaultValue }) => [name, defaultValue]))
    expect(shown).toEqual(Object.fromEntries(table.map((variable) => [variable.name, defaultOf(variable)])))
  })
})

test('a variable is the same thing in every service', () => {
  const shared = rows.filter(({ section, name }) => !name.startsWith(`GATEHOUSE_${section.toUpperCase()}_`))
  for (const { name, defaultValue, unit, meaning } of shared) {
    const others = shared.filter((row) => row.name === name)
    for (const other of others) expect(other, name).toMatchObject({ defaultValue, unit, meaning })
  }
})

test('what the sources and the compose file name is on the page, and nothing else', async () => {
  const files = await Promise.all(['services', 'packages', 'deploy'].map(filesBelow))
  const texts = await Promise.all(files.flat().map((file) => readFile(file, 'utf8')))
  const named = new Set(texts.join('\n').match(/\b(GATEHOUSE|OTEL)_[A-Z_]*[A-Z]\b/g))
  expect([...new Set(rows.map(({ name }) => name))].sort()).toEqual([...named].sort())
})

/** Sources that run, and what starts them. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return files.filter(
    (file) => /\.(ts|yaml)$/.test(file) && !/\.(test|contract|fixture)\.ts$|node_modules|\/gen\/|testing/.test(file),
  )
}

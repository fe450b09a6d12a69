// `npm run licences`: the licence of every package that is shipped, by npm's own bill of materials, grouped.
import { execFileSync } from 'node:child_process'

interface Component {
  readonly 'bom-ref': string
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }[]
}

const bill = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'], {
  encoding: 'utf8',
  maxBuffer: 64 << 20,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const { components } = JSON.parse(bill) as { readonly components: readonly Component[] }
const byLicence = new Map<string, string[]>()
for (const { 'bom-ref': name, licenses = [] } of components) {
  if (name.startsWith('@gatehouse/')) continue
  const licence = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name).join(' AND ')
  const known = byLicence.get(licence || 'none stated') ?? []
  byLicence.set(licence || 'none stated', [...known, name])
}
for (const [licence, packages] of [...byLicence].sort(([a], [b]) => a.localeCompare(b))) {
  process.stdout.write(
    `${licence}\n${packages
      .sort()
      .map((one) => `  ${one}\n`)
      .join('')}`,
  )
}

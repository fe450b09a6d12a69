// `node --import …/load.ts`: services run with the bug that PLANTED_BUG names, if it names one.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { plantInto } from './plant.ts'
import { plantNamed } from './plants.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const name = process.env['PLANTED_BUG']

if (name) {
  const edits = plantNamed(name).edits.map((edit) => ({ ...edit, url: pathToFileURL(join(root, edit.file)).href }))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const wanted = edits.filter((edit) => edit.url === url)
      if (wanted.length === 0) return loaded
      return { ...loaded, source: wanted.reduce(plantInto, String(loaded.source)) }
    },
  })
}

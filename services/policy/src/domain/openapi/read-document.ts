import { parseDocument } from 'yaml'
import { Problems, root } from './place.ts'

/** A document beyond this is no description of an API; YAML of this size is read in well under a second. */
export const documentCharsMax = 2 * 1024 * 1024
const problemsMax = 20

/**
 * Reads JSON or YAML 1.2; nothing is fetched, and no tag makes anything but plain data.
 * @throws GatehouseError INVALID_ARGUMENT naming line and column
 */
export function readDocument(text: string): unknown {
  const problems = new Problems()
  if (text.trim() === '') problems.add(root(undefined), 'is required')
  if (text.length > documentCharsMax) problems.add(root(undefined), `must have at most ${documentCharsMax} characters`)
  problems.throwIfAny()
  // Bounded aliases: a few lines could otherwise unfold to gigabytes.
  const document = parseDocument(text, { schema: 'core', customTags: [], uniqueKeys: true, prettyErrors: true })
  for (const { message } of [...document.errors, ...document.warnings].slice(0, problemsMax)) {
    problems.add(root(undefined), message.split('\n', 1)[0]?.replace(/:$/, '') ?? 'cannot be read')
  }
  problems.throwIfAny()
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    problems.add(root(undefined), error instanceof Error ? error.message : 'cannot be read')
  }
  problems.throwIfAny()
  return undefined
}

import { type Document, isAlias, isCollection, isScalar, parseDocument, visit } from 'yaml'
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
  try {
    return readPlain(problems, text)
  } catch (error) {
    // Too many aliases, or nesting beyond the stack.
    if (!problems.found) problems.add(root(undefined), error instanceof Error ? error.message : 'cannot be read')
  }
  problems.throwIfAny()
  return undefined
}

function readPlain(problems: Problems, text: string): unknown {
  const document = parseDocument(text, { schema: 'core', customTags: [], uniqueKeys: false, prettyErrors: true })
  for (const { message } of [...document.errors, ...document.warnings].slice(0, problemsMax)) {
    problems.add(root(undefined), message.split('\n', 1)[0]?.replace(/:$/, '') ?? 'cannot be read')
  }
  problems.throwIfAny()
  if (hasKeyThatIsNoText(document)) problems.add(root(undefined), 'must have texts, numbers or truth values as keys')
  problems.throwIfAny()
  for (const key of repeatedKeys(document).slice(0, problemsMax)) {
    problems.add(root(undefined), `must not have the key ${JSON.stringify(key)} twice in one place`)
  }
  problems.throwIfAny()
  // Bounded aliases: a few lines could otherwise unfold to gigabytes.
  return document.toJS({ maxAliasCount: 100 })
}

/** The parser would make a text of the key, and print it as a warning. */
function hasKeyThatIsNoText(document: Document): boolean {
  let found = false
  visit(document, {
    Pair(_, { key }) {
      found ||= isCollection(key) || isAlias(key)
      return found ? visit.BREAK : undefined
    },
  })
  return found
}

/** The parser's own check compares every key with every other: 3 s for 10,000 paths, this takes milliseconds. */
function repeatedKeys(document: Document): readonly string[] {
  const repeated: string[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = String(isScalar(key) ? key.value : key)
        if (seen.has(name)) repeated.push(name)
        seen.add(name)
      }
    },
  })
  return repeated
}

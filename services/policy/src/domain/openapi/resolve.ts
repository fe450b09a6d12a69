import { child, isObject, type Place, type Problems } from './place.ts'

const referencesMax = 10

/**
 * The place that a `$ref` leads to, or the place itself. Only references into the document are followed: an import
 * reads no file and no network. Undefined, with the problem told, when it leads nowhere.
 */
export function resolve(problems: Problems, document: Place, place: Place): Place | undefined {
  let at = place
  for (let count = 0; count < referencesMax; count++) {
    const reference = isObject(at.value) ? child(at, '$ref') : undefined
    if (reference?.value === undefined) return at
    if (typeof reference.value !== 'string' || !reference.value.startsWith('#/')) {
      problems.add(reference, 'must be a reference into this document: #/…')
      return undefined
    }
    const target = follow(document, reference.value)
    if (target.value === undefined) {
      problems.add(reference, `leads nowhere: ${reference.value}`)
      return undefined
    }
    at = target
  }
  problems.add(place, `leads through more than ${referencesMax} references`)
  return undefined
}

function follow(document: Place, reference: string): Place {
  return reference
    .slice(2)
    .split('/')
    .map((token) => decode(token).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(child, document)
}

function decode(token: string): string {
  try {
    return decodeURIComponent(token)
  } catch {
    return token
  }
}

import type { PathTemplate } from './path-template.ts'

/**
 * Routes below one API as a trie of path segments: a request costs its segments, not the number of operations.
 * Maps, so that `__proto__` is a segment like every other.
 */
export interface RouteNode<Target> {
  readonly texts: Map<string, RouteNode<Target>>
  parameter: RouteNode<Target> | undefined
  readonly methods: Map<string, Target>
}

/** Nodes that one request may look at; only templates that overlap at several depths come near. */
export const visitsMax = 256

export function emptyRouteTable<Target>(): RouteNode<Target> {
  return { texts: new Map(), parameter: undefined, methods: new Map() }
}

/** Adds a route; answers false when template shape and method are taken. */
export function addRoute<Target>(
  root: RouteNode<Target>,
  template: PathTemplate,
  method: string,
  target: Target,
): boolean {
  let node = root
  for (const segment of template.segments) node = segment === undefined ? parameterOf(node) : textOf(node, segment)
  if (node.methods.has(method)) return false
  node.methods.set(method, target)
  return true
}

function parameterOf<Target>(node: RouteNode<Target>): RouteNode<Target> {
  node.parameter ??= emptyRouteTable()
  return node.parameter
}

function textOf<Target>(node: RouteNode<Target>, text: string): RouteNode<Target> {
  const child = node.texts.get(text) ?? emptyRouteTable()
  node.texts.set(text, child)
  return child
}

/**
 * The node that serves `path` from `from` (behind a slash) on: the one of the template with the leftmost text where
 * several match, as in OpenAPI ("concrete before templated"). Its methods alone count.
 */
export function findRoute<Target>(node: RouteNode<Target>, path: string, from: number): RouteNode<Target> | undefined {
  const slash = path.indexOf('/', from)
  const text = slash < 0 ? path.slice(from) : path.slice(from, slash)
  const concrete = node.texts.get(text)
  const found = concrete && follow(concrete, path, slash)
  if (found || text === '' || !node.parameter) return found
  return follow(node.parameter, path, slash)
}

function follow<Target>(child: RouteNode<Target>, path: string, slash: number): RouteNode<Target> | undefined {
  if (slash >= 0) return findRoute(child, path, slash + 1)
  return child.methods.size > 0 ? child : undefined
}

/** The most nodes that any path can make findRoute look at, from above. */
export function visitsOf<Target>(node: RouteNode<Target>): number {
  let texts = 0
  for (const child of node.texts.values()) texts = Math.max(texts, visitsOf(child))
  return 1 + texts + (node.parameter ? visitsOf(node.parameter) : 0)
}

/** A fragment of a source file, as it stands there exactly once, and what stands there instead. */
export interface Edit {
  /** From the root of the repository; TypeScript. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A test that must fail on the planted bug, and passes without it. */
export interface Proof {
  /** From the root of the repository. */
  readonly file: string
  /** Full names, groups before tests: `a group > a test`. One of them that fails is a catch. */
  readonly tests: readonly string[]
}

/** A bug that nobody has made, so that it can be seen whether it would be found. No product code knows of it. */
export interface Plant {
  /** As it is asked for: `npm run faults planted NAME`. */
  readonly name: string
  /** What is wrong with it, in the words of whom it would hurt. */
  readonly breaks: string
  /** The fault or the load that brings it to light. */
  readonly provokedBy: string
  readonly edits: readonly [Edit, ...Edit[]]
  readonly caughtBy: Proof
}

/** @throws Error when the fragment does not stand in the source exactly once */
export function plantInto(source: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = source.split(find)
  if (before === undefined || after === undefined) throw new Error(`${file}: the fragment to replace is not there`)
  if (more.length > 0) throw new Error(`${file}: the fragment to replace stands there ${more.length + 1} times`)
  return before + replace + after
}

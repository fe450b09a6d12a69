/** Something that the user must know and we cannot go on with: shown as it is, exit code 1. */
export class CliError extends Error {
  override readonly name: string = 'CliError'
}

/** The command makes no sense as it was written: exit code 2. */
export class UsageError extends CliError {
  override readonly name = 'UsageError'
}

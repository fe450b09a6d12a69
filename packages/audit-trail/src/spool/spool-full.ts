/** No record can be taken now: the decision cannot be proved, so it must be a refusal. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull'
  /** `disk`: the quota or the disk is used up. `memory`: the disk does not keep up, or fails. `closed`: it is shutting down. */
  readonly why: 'disk' | 'memory' | 'closed'

  constructor(why: 'disk' | 'memory' | 'closed') {
    super(`audit spool takes no record: ${why}`)
    this.why = why
  }
}

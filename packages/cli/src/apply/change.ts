/** What became of one entry. */
export interface Change {
  readonly change: 'created' | 'changed' | 'unchanged'
  /** Of the last write, for X-Gatehouse-Position. */
  readonly position?: string
  /** A key that was made, shown this once. */
  readonly api_key_id?: string
  readonly api_key_secret?: string
  /** A client secret that was made, shown this once. */
  readonly client_secret_id?: string
  readonly client_secret_text?: string
}

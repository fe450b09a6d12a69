import pg from 'pg'

export interface PoolOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string
  /** Seen in pg_stat_activity. */
  readonly applicationName: string
  readonly connectionsMax?: number
  /** Bounds every statement, the wait for the append lock included. Default 10 s. */
  readonly statementTimeoutMs?: number
  /** Told of connections lost while idle; each query in flight gets its own error. */
  readonly onError?: (error: Error) => void
}

/**
 * A pool whose queries always end: the server stops a statement (`statement_timeout`), and when the server is silent
 * the client does (`query_timeout`; a query on a dead peer would hang for ever, node-postgres #3399).
 */
export function openPool({ url, applicationName, ...options }: PoolOptions): pg.Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    // A process that stands still inside a transaction must not keep the append lock from the others.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    // An acknowledged command is on disk, whatever the server's default.
    options: '-c synchronous_commit=on',
  })
  // At the end connections go away as they should.
  const onError = (error: Error) => pool.ending || options.onError?.(error)
  pool.on('error', onError)
  // A connection that is lost while checked out and idle has no other listener, and would end the process.
  pool.on('connect', (client) => client.on('error', onError))
  return pool
}

/** Lends a connection; when the work fails the connection is closed, since its state is unknown. */
export async function withClient<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let failed = true
  try {
    const result = await work(client)
    failed = false
    return result
  } finally {
    client.release(failed)
  }
}

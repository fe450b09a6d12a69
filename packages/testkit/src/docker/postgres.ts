import { randomBytes } from 'node:crypto'
import { freePort } from '../free-port.ts'
import { type PostgresOptions, type PostgresServer, postgresAnswers } from '../postgres.ts'
import { dockerHost, startContainer } from './container.ts'

export async function dockerPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  const url = `postgres://gatehouse:${password}@${await dockerHost()}:${port}/postgres`
  const settings = { fsync: options.fsync === false ? 'off' : 'on', max_connections: '200', ...options.settings }
  const server = await startContainer({
    image: 'postgres:18',
    ports: { 5432: port },
    environment: { POSTGRES_USER: 'gatehouse', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' },
    command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    signals: { immediate: 'SIGQUIT', fast: 'SIGINT' },
    ready: () => postgresAnswers(url, 'Postgres in Docker answers'),
  })
  return Object.assign(server, { url, dataDir: undefined })
}

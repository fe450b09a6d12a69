import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { alreadyExists, failedPrecondition, notFound } from '@gatehouse/errors'
import { ConfigurationError } from '@gatehouse/grpc-service'
import { type Operator, type Role, roles } from './operator.ts'

interface Stored {
  readonly operator_id: string
  readonly role: Role
  readonly token_sha256: string
  readonly create_time: string
}

/** The operators, in a file that only its owner reads; of a token only its SHA-256 is kept. */
export interface OperatorStore {
  /** The operator whose token this is. */
  authenticate(token: string): Operator | undefined
  list(): readonly Operator[]
  /** @throws ALREADY_EXISTS. The token is shown this once. */
  add(operatorId: string, role: Role): Promise<{ operator: Operator; token: string }>
  /** @throws NOT_FOUND; FAILED_PRECONDITION for the last admin, who would lock everybody out. */
  remove(operatorId: string): Promise<void>
}

/** Opens the file; without one it is made with the operator `admin`, whose token is answered this once. */
export async function openOperatorFile(path: string): Promise<{ store: OperatorStore; firstToken?: string }> {
  const present = await load(path)
  const store = operatorStore(path, present ?? [])
  if (present) return { store }
  const { token } = await store.add('admin', 'admin')
  return { store, firstToken: token }
}

function operatorStore(path: string, initial: readonly Stored[]): OperatorStore {
  let stored = initial
  let writing: Promise<unknown> = Promise.resolve()
  /** One change after the other; what is in memory is what is on disk. */
  const change = (next: (current: readonly Stored[]) => readonly Stored[]) => {
    const written = writing.then(async () => {
      const changed = next(stored)
      await save(path, changed)
      stored = changed
    })
    writing = written.catch(() => undefined)
    return written
  }
  return {
    authenticate(token) {
      const digest = createHash('sha256').update(token).digest()
      // Every digest is compared, in constant time: neither a match nor its place shows in the answer's time.
      const matches = stored.filter(({ token_sha256 }) => timingSafeEqual(Buffer.from(token_sha256, 'hex'), digest))
      return matches[0] && toOperator(matches[0])
    },
    list: () => stored.map(toOperator),
    async add(operatorId, role) {
      const token = `gho_${randomBytes(32).toString('base64url')}`
      const added = {
        operator_id: operatorId,
        role,
        token_sha256: createHash('sha256').update(token).digest('hex'),
        create_time: new Date().toISOString(),
      }
      await change((current) => {
        if (current.some(({ operator_id }) => operator_id === operatorId)) throw alreadyExists('operator', operatorId)
        return [...current, added]
      })
      return { operator: toOperator(added), token }
    },
    async remove(operatorId) {
      await change((current) => {
        const rest = current.filter(({ operator_id }) => operator_id !== operatorId)
        if (rest.length === current.length) throw notFound('operator', operatorId)
        if (!rest.some(({ role }) => role === 'admin')) {
          throw failedPrecondition('LAST_ADMIN', 'the last admin cannot be removed')
        }
        return rest
      })
    },
  }
}

function toOperator({ operator_id, role, create_time }: Stored): Operator {
  return { operatorId: operator_id, role, createTime: new Date(create_time) }
}

async function load(path: string): Promise<readonly Stored[] | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const operators = parse(text)
  if (!operators) throw new ConfigurationError(`${path} is not a list of operators`)
  return operators
}

function parse(text: string): readonly Stored[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.length > 0 && value.every(isStored) ? value : undefined
  } catch {
    return undefined
  }
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false
  const { operator_id, role, token_sha256, create_time } = value as Partial<Record<keyof Stored, unknown>>
  return (
    typeof operator_id === 'string' &&
    roles.some((known) => known === role) &&
    typeof token_sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(token_sha256) &&
    typeof create_time === 'string'
  )
}

async function save(path: string, operators: readonly Stored[]): Promise<void> {
  await writePrivate(path, `${JSON.stringify(operators, undefined, 2)}\n`)
}

/** Replaces a file as a whole, readable by its owner alone, on disk before it takes the place of the old one. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const aside = `${path}.${randomUUID()}`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}

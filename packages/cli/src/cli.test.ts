import { join } from 'node:path'
import { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { unavailable } from '@gatehouse/errors'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCli } from './testing/cli-harness.ts'

let cli: Awaited<ReturnType<typeof startCli>>

beforeAll(async () => {
  cli = await startCli()
})
beforeEach(() => cli.reset())
afterAll(() => cli.close())

describe('keys', () => {
  test('are issued with restrictions, listed, rotated, restricted, expired, suspended, resumed and revoked', async () => {
    const issued = await cli.json(
      'keys issue --subscription s1 --name till --cidr 10.0.0.0/8 --cidr ::1/128 --operation get --expires 30d',
    )
    expect(issued).toMatchObject({ api_key_id: 'k1', api_key_secret: 'gh_alpha_k1_secret', position: 'credential:8' })
    expect(cli.services.keys.get('k1').restrictions).toMatchObject({
      cidrs: ['10.0.0.0/8', '::1/128'],
      operations: ['get'],
    })
    const days = (cli.services.keys.get('k1').expireTime!.getTime() - Date.now()) / 86_400_000
    expect(days).toBeCloseTo(30, 2)

    const list = await cli.run('keys list --subscription s1')
    expect(list.out).toMatch(/^KEY +CLIENT +SUBSCRIPTION +NAME +STATE/)
    expect(list.out).toMatch(/\nk1 +s1 +till +active/)
    expect(list.out).not.toContain('secret')

    expect(await cli.json('keys rotate k1 --overlap 1h')).toMatchObject({
      api_key_id: 'k2',
      api_key_secret: 'gh_alpha_k2_secret',
    })
    expect(await cli.json('keys restrict k2 --scope read')).toMatchObject({
      restrictions: { cidrs: [], scopes: ['read'] },
    })
    expect(await cli.json('keys expire k2 --at 2030-01-01T00:00:00Z')).toMatchObject({
      expire_time: '2030-01-01T00:00:00.000Z',
    })
    expect(await cli.json('keys expire k2')).not.toHaveProperty('expire_time')
    expect(await cli.json('keys suspend k2 --reason odd')).toMatchObject({ state: 'suspended' })
    expect(await cli.json('keys resume k2')).toMatchObject({ state: 'active' })
    expect(await cli.json('keys revoke k2 --reason leaked')).toMatchObject({
      state: 'revoked',
      position: 'credential:9',
    })
  })

  test.each([
    ['hex', 'ab'.repeat(32)],
    ['base64', Buffer.alloc(32, 0xab).toString('base64')],
  ])('are imported by a digest in %s', async (_, digest) => {
    expect(await cli.json(`keys import --subscription s1 --digest ${digest}`)).toMatchObject({ imported: true })
  })

  test('a key that is unknown is an error of one line', async () => {
    expect(await cli.run('keys revoke k9')).toEqual({ code: 1, out: '', err: 'gatehouse: api_key k9 does not exist\n' })
  })
})

test('subscriptions go from pending to cancelled', async () => {
  await cli.run('clients register --environment alpha --id shop')
  expect(await cli.json('subscriptions create --client shop --api orders --plan basic --scope read')).toMatchObject({
    subscription_id: 's1',
    state: 'pending',
  })
  expect(await cli.json('subscriptions activate s1')).toMatchObject({
    state: 'active',
    api_key_secret: 'gh_alpha_k1_secret',
  })
  expect((await cli.run('subscriptions activate s1')).err).toBe('gatehouse: subscription s1 is not pending\n')
  expect(await cli.json('subscriptions suspend s1')).toMatchObject({ state: 'suspended' })
  expect(await cli.json('subscriptions resume s1')).toMatchObject({ state: 'active' })
  expect(await cli.json('subscriptions cancel s1 --reason over')).toMatchObject({ state: 'cancelled' })
  expect((await cli.run('subscriptions list --client shop')).out).toMatch(
    /s1 +shop +orders +basic +cancelled +all +read/,
  )
})

test('lists go over all pages', async () => {
  for (let i = 0; i < 8; i++) await cli.run(`clients register --environment alpha --id c${i}`)
  expect(await cli.json('clients list --environment alpha')).toHaveLength(8)
  expect((await cli.run('plans list --environment alpha')).out).toBe('none\n')
})

test('environments, APIs and plans are shown', async () => {
  const text = `environment_id: alpha
environments: [{ environment_id: alpha, hosts: [a.example] }]
plans: [{ plan_id: basic, rate_limits: [{ name: minute, requests: 600, period: 1m, burst: 10 }] }]
apis: [{ api_id: orders, upstreams: ['http://127.0.0.1:9000'], operations: [
  { operation_id: list, method: GET, path_template: /items, security: [{ requirements: [{ scheme: api_key }] }, {}] }] }]`
  await cli.run(`apply -f ${await cli.file('policy.yaml', text)}`)
  expect((await cli.run('environments list')).out).toMatch(/alpha +a\.example/)
  expect(await cli.json('environments get alpha')).toMatchObject({ hosts: ['a.example'] })
  expect((await cli.run('plans list --environment alpha')).out).toContain('minute: 600 per 60s, 10 at once')
  expect((await cli.run('apis list --environment alpha')).out).toMatch(/orders +alpha +published +1 +http/)
  expect((await cli.run('apis operations orders --environment alpha')).out).toMatch(
    /list +GET +\/items +api_key \| open/,
  )
  expect((await cli.run('apis get orders --environment alpha')).out).toMatch(/upstreams +http:\/\/127\.0\.0\.1:9000/)
})

describe('decisions', () => {
  const decision = (sequence: number, allowed: boolean, reason: string) => {
    const record = { node: 'gw', epoch: 1n, sequence: BigInt(sequence), json: Buffer.from('{"class_uid":6003}') }
    const fields = { decisionId: `gw.1.${sequence}`, record, allowed, reason, operationId: 'list', time: new Date(0) }
    return DecisionRecord.fromPartial(fields)
  }
  beforeEach(() => {
    cli.services.decisions.push(decision(2, false, 'api_key_revoked'), decision(1, true, 'ok'))
  })

  test('are listed and filtered', async () => {
    expect((await cli.run('decisions list')).out).toMatch(/deny +api_key_revoked .*gw\.1\.2\n.*allow +ok .*gw\.1\.1\n$/)
    expect(await cli.json('decisions list --denied')).toMatchObject([{ decision_id: 'gw.1.2', allowed: false }])
    expect(await cli.json('decisions list --allowed --since 1h')).toMatchObject([{ decision_id: 'gw.1.1' }])
    expect(await cli.json('decisions list --reason ok --limit 1')).toHaveLength(1)
  })

  test('are shown with their record', async () => {
    expect(await cli.json('decisions get gw.1.1')).toMatchObject({ decision_id: 'gw.1.1', record: { class_uid: 6003 } })
    expect((await cli.run('decisions get gw.1.1')).out).toMatch(/record\.class_uid +6003/)
  })

  test.each(['', ' --json'])('are followed until Ctrl-C%s', async (flag) => {
    const interrupted = new AbortController()
    const onOut = (text: string) => text.includes('gw.1.1') && interrupted.abort()
    const { code, out, err } = await cli.run(`decisions list --follow${flag}`, { signal: interrupted.signal, onOut })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/gw\.1\.2.*gw\.1\.1/s)
  })

  test('what a client put into a record does not reach the terminal', async () => {
    cli.services.decisions.push(
      DecisionRecord.fromPartial({ ...decision(3, false, 'ok'), requestId: 'x', clientId: '\u001b[2Jx' }),
    )
    const { out } = await cli.run('decisions list')
    expect(out).toContain('\\u001b[2Jx')
    expect(out).not.toContain('\u001b')
  })
})

describe('usage', () => {
  test.each([
    ['keys', 2],
    ['keys issue', 2],
    ['keys list', 2],
    ['keys list --colour red', 2],
    ['keys issue --subscription s1 --expires soon', 2],
    ['keys rotate k1 --overlap 3x', 2],
    ['keys import --subscription s1 --digest abc', 2],
    ['decisions list --allowed --denied', 2],
    ['decisions list --limit 0', 2],
    ['subscriptions list', 2],
    ['clients change shop', 2],
    ['clients change shop --no-oauth --dpop', 2],
    ['tokens issue', 2],
    ['tokens issue --api orders --resource urn:orders', 2],
    ['tokens revoke', 2],
    ['tokens revoke --id jti1', 2],
    ['tokens revoke-before --environment alpha --subject client', 2],
    ['tokens revoke-before --environment alpha --subject everybody', 2],
    ['signing-keys rotate --environment alpha --algorithm hs256', 2],
    ['users create --environment alpha', 2],
    ['nonsense', 2],
  ])('%s ends with %i and sends nothing', async (line, code) => {
    const { out, err, code: ended } = await cli.run(line, { env: { GATEHOUSE_CONSOLE_URL: 'http://127.0.0.1:1' } })
    expect({ ended, out }).toEqual({ ended: code, out: '' })
    expect(err).not.toContain('127.0.0.1:1')
  })

  test('every command has its help', async () => {
    const commandsOf = (help: string) =>
      [...(help.split('Commands:\n')[1] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!)
    const nouns = commandsOf((await cli.run('--help')).out).filter((noun) => noun !== 'help')
    expect(nouns).toEqual([
      ...['apply', 'environments', 'apis', 'plans', 'clients', 'secrets', 'initial-access-tokens', 'subscriptions'],
      ...['keys', 'users', 'grants', 'tokens', 'signing-keys', 'decisions', 'ledger'],
    ])
    for (const noun of nouns) {
      const verbs = commandsOf((await cli.run(`${noun} --help`)).out).filter((verb) => verb !== 'help')
      for (const verb of verbs) {
        const { code, out } = await cli.run(`${noun} ${verb} --help`)
        expect({ code, shown: out.includes(`Usage: gatehouse ${noun} ${verb}`) && out.includes('--json') }).toEqual({
          code: 0,
          shown: true,
        })
      }
    }
  })
})

describe('the console', () => {
  const list = 'clients list --environment alpha'

  test('is found by demo.json, with its token', async () => {
    const data = join(cli.directory, 'demo')
    await cli.file(
      'demo/demo.json',
      JSON.stringify({ console: `http://${cli.console.address}/`, operator_token: cli.console.admin }),
    )
    const found = await cli.run(list, { env: { GATEHOUSE_DATA_DIR: data, GATEHOUSE_CONSOLE_URL: '' } })
    expect(found).toMatchObject({ code: 0, err: '' })
  })

  test('takes a token from the environment before that of the data directory', async () => {
    const { code, err } = await cli.run(list, { env: { GATEHOUSE_OPERATOR_TOKEN: 'gho_wrong' } })
    expect(code).toBe(1)
    expect(err).toContain('is the operator token the one of this console?')
    expect(err).not.toContain('gho_wrong')
  })

  test.each([
    ['no token', { GATEHOUSE_DATA_DIR: '/nonexistent' }, 'no operator token: set GATEHOUSE_OPERATOR_TOKEN'],
    [
      'nothing there',
      { GATEHOUSE_CONSOLE_URL: 'http://127.0.0.1:1' },
      'no answer from the console at http://127.0.0.1:1: ',
    ],
    [
      'an address that is none',
      { GATEHOUSE_CONSOLE_URL: 'console' },
      'GATEHOUSE_CONSOLE_URL is not an http URL: console',
    ],
  ])('%s is an error of one line', async (_, env, message) => {
    const { code, err } = await cli.run(list, { env })
    expect(code).toBe(1)
    expect(err).toContain(`gatehouse: ${message}`)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a write that a service could not take is sent again, with the same key', async () => {
    const ids: string[] = []
    const registerClient = cli.services.answers.credential?.registerClient
    cli.answers.credential = {
      ...cli.services.answers.credential,
      registerClient: async (request, context) => {
        ids.push(request.requestId)
        if (ids.length < 3 || !registerClient) throw unavailable('DATABASE_UNAVAILABLE', 'the database is away')
        return registerClient(request, context)
      },
    }
    expect((await cli.run('clients register --environment alpha --id shop')).code).toBe(0)
    expect(new Set(ids).size).toBe(1)
  })
})

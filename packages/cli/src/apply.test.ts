import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCli } from './testing/cli-harness.ts'

let cli: Awaited<ReturnType<typeof startCli>>

beforeAll(async () => {
  cli = await startCli()
})
beforeEach(() => cli.reset())
afterAll(() => cli.close())

describe('apply', () => {
  const whole = `
environment_id: alpha
environments: [{ environment_id: alpha, hosts: ['*'], enforcement: { max_staleness: 5s } }]
subscriptions: [{ client_id: shop, api_id: orders, plan_id: basic, operations: [list, get] }]
clients: [{ client_id: shop, display_name: Shop }]
plans: [{ plan_id: basic, rate_limits: [{ name: minute, requests: 600, period: 1m }] }]
apis: [{ api_id: orders, upstreams: ['http://127.0.0.1:9000'], openapi: ./api/orders.yaml }]
`
  beforeEach(async () => {
    await cli.file('api/orders.yaml', 'paths: {}\n# operationId: list\n# operationId: get\n')
  })

  test('makes everything, shows the key once, and changes nothing the second time', async () => {
    const path = await cli.file('all.yaml', whole)
    const first = await cli.run(`apply -f ${path}`)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toBe(`KIND           NAME               CHANGE
environments   alpha              created
plans          alpha/basic        created
apis           alpha/orders       created
clients        alpha/shop         created
subscriptions  alpha/shop/orders  created

key of alpha/shop/orders, shown this once: gh_alpha_k1_secret
`)
    expect(cli.services.apis.get('alpha/orders').operations.map(({ operationId }) => operationId)).toEqual([
      'list',
      'get',
    ])
    expect(cli.services.plans.get('alpha/basic').rateLimits[0]?.period?.seconds).toBe(60n)
    expect(cli.services.subscriptions.get('s1')).toMatchObject({ state: 2, operations: ['list', 'get'] })
    const changes = (await cli.json(`apply -f ${path}`)).map(({ change }: { change: string }) => change)
    expect(changes).toEqual(Array(5).fill('unchanged'))
    expect(cli.services.keys.items.size).toBe(1)
  })

  test('brings what differs to what is described', async () => {
    await cli.run(`apply -f ${await cli.file('all.yaml', whole)}`)
    const changed = whole.replace('requests: 600', 'requests: 60').replace('[list, get]', '[get], state: suspended')
    const changes = await cli.json(`apply -f ${await cli.file('changed.yaml', changed)}`)
    expect(changes.map(({ change }: { change: string }) => change)).toEqual([
      'unchanged',
      'changed',
      'unchanged',
      'unchanged',
      'changed',
    ])
    expect(cli.services.plans.get('alpha/basic').rateLimits[0]?.requests).toBe(60n)
    expect(cli.services.subscriptions.get('s1')).toMatchObject({ state: 3, operations: ['get'] })
  })

  test('a client that proves itself by a secret gets its first, and is brought to what is described', async () => {
    const client = (more: string) => `clients: [{ environment_id: a, client_id: web, ${more} }]`
    const registration =
      'registration: { token_endpoint_auth_method: client_secret_basic, grant_types: [client_credentials] }'
    const path = await cli.file('client.yaml', client(`display_name: Web, ${registration}`))
    const { out } = await cli.run(`apply -f ${path}`)
    expect(out).toContain('secret of a/web, shown this once: ghs_alpha_s1_secret')
    const changeOf = async (text: string) => (await cli.json(`apply -f ${await cli.file('next.yaml', text)}`))[0].change
    expect(await changeOf(client(`display_name: Web, ${registration}`))).toBe('unchanged')
    expect(await changeOf(client('display_name: Shop'))).toBe('changed')
    expect(cli.services.clients.get('web')).toMatchObject({
      ...{ displayName: 'Shop', registration: { grantTypes: ['client_credentials'] } },
    })
    expect(await changeOf(client('registration: { token_endpoint_auth_method: none }'))).toBe('changed')
    expect(cli.services.secrets.items.size).toBe(1)
  })

  test('an issuer and the tokens of an API are handed on', async () => {
    const path = await cli.file(
      'issuer.yaml',
      `environments: [{ environment_id: a, hosts: ['*'], issuer: { url: 'https://a.example', key_rotation: 30d } }]
apis: [{ environment_id: a, api_id: b, upstreams: ['http://127.0.0.1:9'], openapi: ./api/orders.yaml,
  tokens: { form: phantom, lifetime: 10m, scopes: [{ name: read, description: Read }] } }]`,
    )
    expect((await cli.run(`apply -f ${path}`)).err).toBe('')
    expect(cli.services.environments.get('a').issuer).toMatchObject({ url: 'https://a.example' })
    expect(cli.services.apis.get('a/b').tokens).toMatchObject({ form: 2, scopes: [{ name: 'read' }] })
  })

  test('the order of operations says nothing', async () => {
    await cli.run(`apply -f ${await cli.file('all.yaml', whole)}`)
    const path = await cli.file('turned.yaml', whole.replace('[list, get]', '[get, list]'))
    expect((await cli.json(`apply -f ${path}`)).at(-1)).toMatchObject({ change: 'unchanged' })
  })

  test('files in JSON, and several of them, work alike', async () => {
    const first = await cli.file(
      'a.json',
      JSON.stringify({ environments: [{ environment_id: 'beta', hosts: ['b.example'] }] }),
    )
    const second = await cli.file('b.yaml', 'plans: [{ environment_id: beta, plan_id: p }]')
    expect(await cli.json(`apply -f ${second} -f ${first}`)).toMatchObject([
      { name: 'beta', change: 'created' },
      { name: 'beta/p', change: 'created' },
    ])
  })

  test('a refusal names file, place and field; what was done before is shown', async () => {
    const path = await cli.file(
      'bad.yaml',
      `environments: [{ environment_id: good, hosts: [a.example] }, { environment_id: bad, hosts: ['bad host'] }]`,
    )
    const { code, out, err } = await cli.run(`apply -f ${path}`)
    expect(code).toBe(1)
    expect(out).toContain('good  created')
    expect(err).toContain(`${path}: environments[1] (bad): the console refused these fields:`)
    expect(err).toContain('environment.hosts[0]: is not a host name')
  })

  test.each([
    [
      'a field that the console does not know',
      'environments: [{ environment_id: a, colour: red }]',
      'colour: is not known',
    ],
    ['a field of a wrong kind', 'environments: [{ environment_id: a, hosts: all }]', 'hosts: must be array'],
    ['a list that is none', 'environments: { alpha: {} }', 'environments must be a list'],
    ['an unknown kind', 'gateways: []', 'gateways is not known'],
    ['an entry that is no object', 'plans: [basic]', 'plans[0] must be an object'],
    ['a missing id', 'plans: [{ plan_id: p }]', 'plans[0].environment_id: must be given'],
    ['the same thing twice', 'environments: [{ environment_id: a }, { environment_id: a }]', 'a is described at'],
    ['YAML that is none', 'environments: [', 'Flow sequence'],
    [
      'a document that is missing',
      'apis: [{ environment_id: a, api_id: b, openapi: none.yaml }]',
      'apis[0].openapi: ENOENT',
    ],
    [
      'a client moved',
      'clients: [{ environment_id: b, client_id: shop }]',
      'environment_id is "a" and cannot be changed',
    ],
    [
      'an unknown field of a client',
      'clients: [{ environment_id: a, client_id: shop, colour: red }]',
      'colour is not known',
    ],
    [
      'a state that is none',
      'subscriptions: [{ environment_id: a, client_id: c, api_id: b, state: x }]',
      'state must be one of',
    ],
  ])('%s is refused', async (_, text, message) => {
    await cli.run('clients register --environment a --id shop --name A')
    const { code, err } = await cli.run(`apply -f ${await cli.file('wrong.yaml', text)}`)
    expect(code).toBe(1)
    expect(err).toContain(message)
  })
})

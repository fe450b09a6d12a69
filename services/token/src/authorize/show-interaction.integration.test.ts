import { MessageKind } from '@gatehouse/contracts/token/v1/authorization_service'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase } from '@gatehouse/testkit'
import { beforeAll, describe, expect, test } from 'vitest'
import { answerOf, Browser, newUser, parametersOf, requestOf, shown } from '../../test/browser.ts'
import { type GivenClient, issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { deviceGrantType } from '../device/device-grant-type.ts'

const given = authorizationServerOn(sharedDatabase)
const browser = () => new Browser(() => given.service)
const show = (visitor: Browser, interaction: string) =>
  visitor.step({ $case: 'showInteraction', value: { interaction } })
let app: GivenClient
let television: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
let ann: string

beforeAll(async () => {
  app = await given.client('public')
  television = await given.client('public', { grantTypes: [deviceGrantType] })
  operators = await given.operators()
  ann = (await newUser(operators)).username
})

describe('a sign-in', () => {
  test('is shown again as long as nobody is signed in', async () => {
    const visitor = browser()
    const { interaction } = shown(await visitor.start(requestOf(app.clientId)), 'signIn')
    const again = await show(visitor, interaction)
    shown(await visitor.signIn(again, ann), 'consent')
  })

  test('goes on once somebody is', async () => {
    const visitor = browser()
    const page = await visitor.start(requestOf(app.clientId))
    await visitor.signIn(page, ann)
    shown(await show(visitor, shown(page, 'signIn').interaction), 'consent')
  })

  test('goes on to the consents it was for', async () => {
    const visitor = browser()
    const page = await visitor.step({ $case: 'listConsents', value: {} })
    await visitor.signIn(page, ann)
    expect(shown(await show(visitor, shown(page, 'signIn').interaction), 'consents').username).toBe(ann)
  })
})

describe('a consent', () => {
  test('is shown again, and can be given on either page', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    const page = await visitor.signIn(await visitor.start(requestOf(app.clientId)), username)
    const again = await show(visitor, shown(page, 'consent').interaction)
    expect(shown(again, 'consent')).toMatchObject({ ...shown(page, 'consent'), interaction: expect.any(String) })
    expect(answerOf(await visitor.decide(again, true))).toMatchObject({ code: expect.any(String) })
  })

  test('is shown again after it was given: going back sends nobody on', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    const page = await visitor.signIn(await visitor.start(requestOf(app.clientId)), username)
    await visitor.decide(page, true)
    shown(await show(visitor, shown(page, 'consent').interaction), 'consent')
  })

  test('asks whoever has signed in since to sign in or agree, with nothing of the other', async () => {
    const visitor = browser()
    const page = shown(await visitor.signIn(await visitor.start(requestOf(app.clientId)), ann), 'consent')
    visitor.sessionToken = ''
    shown(await show(visitor, page.interaction), 'signIn')
    const { username } = await newUser(operators)
    await visitor.signIn(await visitor.start(requestOf(app.clientId)), username)
    expect(shown(await show(visitor, page.interaction), 'consent').username).toBe(username)
  })
})

describe('a device', () => {
  async function asked() {
    const endpoint = Endpoint.fromPartial({ environmentId: 'alpha', clientIp: '192.0.2.2' })
    const resource = `${issuerUrl}/orders`
    const parameters = parametersOf({ client_id: television.clientId, scope: 'orders.read', resource })
    const { result } = await given.service.calls.startDeviceAuthorization({ endpoint, parameters })
    if (result?.$case !== 'started') throw new Error('no device was started')
    const visitor = browser()
    const { userCode } = result.value
    const page = await visitor.step({ $case: 'enterUserCode', value: { userCode } })
    const { interaction } = shown(await visitor.signIn(page, ann), 'consent')
    return { visitor, interaction }
  }

  test('is asked for again, until it is answered', async () => {
    const { visitor, interaction } = await asked()
    const again = await show(visitor, interaction)
    expect(shown(again, 'consent')).toMatchObject({ device: true, redirectOrigin: '', username: ann })
    expect(shown(await visitor.decide(again, true), 'message').kind).toBe(MessageKind.MESSAGE_KIND_DEVICE_APPROVED)
    shown(await visitor.decide(again, true), 'message')
    expect(visitor.last?.facts?.reason).toBe('device_answered')
  })

  test('is shown to nobody else who signs in there', async () => {
    const { visitor, interaction } = await asked()
    visitor.sessionToken = ''
    expect(shown(await show(visitor, interaction), 'message').kind).toBe(MessageKind.MESSAGE_KIND_ERROR)
    expect(visitor.last?.facts?.reason).toBe('interaction_invalid')
  })
})

describe('refused, with a page of ours', () => {
  const refused = async (visitor: Browser, interaction: string) => {
    const { kind } = shown(await show(visitor, interaction), 'message')
    expect(kind).toBe(MessageKind.MESSAGE_KIND_ERROR)
    expect(visitor.last?.facts?.reason).toBe('interaction_invalid')
  }

  test.each(['', 'x', 'AAAA'.repeat(64)])('what was not sealed here: %j', (text) => refused(browser(), text))

  test('another browser than the one that it was shown to', async () => {
    const { interaction } = shown(await browser().start(requestOf(app.clientId)), 'signIn')
    await refused(browser(), interaction)
  })

  test('what stands for another step', async () => {
    const visitor = browser()
    await visitor.signIn(await visitor.start(requestOf(app.clientId)), ann)
    const { interaction } = shown(await visitor.step({ $case: 'listConsents', value: {} }), 'consents')
    await refused(visitor, interaction)
  })
})

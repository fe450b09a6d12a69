import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Campaign, startCampaign } from './campaign.ts'
import { everyFault } from './fault/every.ts'
import { faultSeed } from './random.ts'
import kept from './seeds.json' with { type: 'json' }
import { tally } from './verify.ts'

/** Every fault once, and after it each sequence that once found something, with the seed that it had. */
const seeds: readonly { seed: number; faults: readonly string[] }[] = kept
const campaigns = [{ seed: faultSeed, faults: everyFault.map(({ name }) => name) }, ...seeds]

describe.each(campaigns)('seed $seed', ({ seed, faults }) => {
  let campaign: Campaign
  beforeAll(async () => {
    campaign = await startCampaign({ seed, short: true })
  }, 120_000)
  afterAll(() => campaign?.[Symbol.asyncDispose]())

  test.each(everyFault.filter(({ name }) => faults.includes(name)).map((fault) => [fault.name, fault] as const))(
    '%s',
    async (_, fault) => {
      expect(await campaign.run(fault)).toEqual([])
    },
    180_000,
  )

  test('what everybody did and saw agrees with what is stored', async () => {
    const violations = await campaign.finish()
    const ready = campaign.readyMs.map(({ member, ms }) => `${member} ${Math.round(ms)}`).join(', ')
    console.log(`ready again after (ms): ${ready}; ${JSON.stringify(tally(campaign.history))}`)
    expect(violations).toEqual([])
  }, 180_000)
})

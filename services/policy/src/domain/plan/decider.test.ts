import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { givenFor } from '@gatehouse/event-store/testing'
import { test } from 'vitest'
import { planDecider } from './decider.ts'

const given = givenFor(planDecider)
const time = new Date('2026-11-23T04:00:00Z')
const gold: Plan = { ...Plan.create(), planId: 'gold', environmentId: 'alpha' }
const putEvent = (plan: Plan): PolicyEvent => ({ type: 'gatehouse.policy.v1.PlanPut', data: { plan, putTime: time } })
const put = (plan: Plan) => ({ type: 'put_plan', plan, environmentExists: true, time }) as const

test('a new plan is put', () =>
  given([])
    .when(put(gold))
    .then([putEvent(gold)]))
test('the same content changes nothing', () =>
  given([putEvent(gold)])
    .when(put({ ...gold }))
    .then([]))
test('other content is put', () => {
  const changed = { ...gold, displayName: 'Gold' }
  given([putEvent(gold)])
    .when(put(changed))
    .then([putEvent(changed)])
})
test('a plan is not put into an environment that does not exist', () => {
  given([])
    .when({ ...put(gold), environmentExists: false })
    .thenRefused('ENVIRONMENT_NOT_FOUND')
})

import { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { expect, test } from 'vitest'
import { type Upcasts, upcast } from './upcast.ts'

const golden = RecordedEvent.fromPartial({
  position: 7n,
  stream: 'a-1',
  version: 2n,
  type: 'v1.Named',
  data: Uint8Array.of(1, 2),
})

test('tells an old event in today’s words, over several versions, and changes nothing else', () => {
  const upcasts: Upcasts = {
    'v1.Named': (data) => ({ type: 'v2.Named', data: Uint8Array.of(...data, 3) }),
    'v2.Named': (data) => ({ type: 'v3.Named', data: Uint8Array.of(...data, 4) }),
  }
  expect(upcast(upcasts, golden)).toEqual({ ...golden, type: 'v3.Named', data: Uint8Array.of(1, 2, 3, 4) })
})

test('leaves alone what is of today, also a type that is named like a property of every object', () => {
  expect(upcast({}, golden)).toBe(golden)
  expect(upcast({}, { ...golden, type: 'constructor' }).type).toBe('constructor')
})

test('fails at an upcast that would never end', () => {
  expect(() => upcast({ 'v1.Named': (data) => ({ type: 'v1.Named', data }) }, golden)).toThrow(/its own type/)
})

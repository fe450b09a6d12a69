import { expect, test } from 'vitest'
import { encodeMessage } from './encode.ts'
import { ApiKeyView, RevocationView } from './gen/gatehouse/read_model/v1/views.ts'

const view = ApiKeyView.fromPartial({ apiKeyId: 'k1', environmentId: 'alpha', digest: new Uint8Array(32).fill(7) })

test('the bytes are those of the codec, and nobody else writes into them', () => {
  const bytes = encodeMessage(ApiKeyView, view)
  encodeMessage(ApiKeyView, { ...view, apiKeyId: 'k2' })
  expect(bytes).toEqual(ApiKeyView.encode(view).finish())
})

test('of a message that cannot be encoded nothing is left for the next one', () => {
  const broken = { ...view, version: 2n ** 70n }
  expect(() => encodeMessage(ApiKeyView, broken)).toThrow()
  const revoked = RevocationView.create()
  expect(encodeMessage(RevocationView, revoked)).toEqual(RevocationView.encode(revoked).finish())
})

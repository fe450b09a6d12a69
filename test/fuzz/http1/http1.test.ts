import assert from 'node:assert/strict'
import { fuzz } from '../fuzz.ts'
import { readByGateway, type Seen } from './gateway.ts'
import { readByNode } from './reference.ts'
import { cut, cuts, requests } from './texts.ts'

const oneAnswerEach = ({ requests, refused, outcomes, answer }: Seen) => {
  const finals = answer.match(/^HTTP\/1\.1 [2-5].*/gm) ?? []
  const unanswered = requests.filter(({ body }) => typeof body !== 'string').length
  assert.ok(refused.length <= 1)
  assert.equal(outcomes.length, requests.length + refused.length)
  assert.ok(finals.length >= outcomes.length - unanswered && finals.length <= outcomes.length)
  assert.doesNotMatch(answer, /^HTTP\/1\.1 50[02346789]/m)
}

/** `http://a/x?y` is `/x?y`. */
const originForm = (target: string) => {
  const rest = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1]
  return rest === undefined ? target : rest.startsWith('/') ? rest : `/${rest}`
}

fuzz(
  'HTTP/1: never a message boundary that Node’s parser does not see',
  [requests],
  async (text) => {
    const ours = await readByGateway([text])
    const node = readByNode(text)
    oneAnswerEach(ours)
    for (const [index, { method, target, body }] of ours.requests.entries()) {
      const reference = node.messages[index]
      assert.deepEqual([method, target], [reference?.method, originForm(reference?.target ?? '')])
      if (typeof body === 'string') assert.deepEqual([body, true], [reference?.body, reference?.complete])
      else if (body.fault !== 'body_malformed') assert.equal(reference?.complete, false)
    }
    // It ends early only by refusing, or by saying that it closes.
    const ended = ours.refused.length > 0 || /\r\nConnection: close\r\n/.test(ours.answer)
    if (!ended) assert.equal(ours.requests.length, node.messages.length)
  },
  { share: 0.5 },
)

fuzz(
  'HTTP/1: every cut of the bytes gives the same requests',
  [requests, cuts],
  async (text, at) => {
    const whole = await readByGateway([text])
    const inPieces = await readByGateway(cut(text, at))
    assert.deepEqual(inPieces.requests, whole.requests)
    assert.deepEqual(inPieces.refused, whole.refused)
  },
  { share: 0.5 },
)

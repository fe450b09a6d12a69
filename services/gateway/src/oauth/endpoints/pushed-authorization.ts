import type { ProofChecker } from '../../check/authenticate/dpop.ts'
import { json, refused } from '../answer.ts'
import { formEndpoint } from '../endpoint.ts'
import type { TokenCalls } from '../token-calls.ts'

/** RFC 9126; a DPoP proof binds the code to its key (RFC 9449 section 10.1). */
export const pushedAuthorizationEndpoint = ({ pushAuthorization }: TokenCalls, proofs: ProofChecker) =>
  formEndpoint({ name: 'par', crossOrigin: true, proofs }, async (endpoint, parameters) => {
    const { result, facts } = await pushAuthorization({ endpoint, parameters })
    if (result?.$case === 'refusal') return refused(result.value, facts)
    if (result?.$case !== 'pushed') throw new Error('the token service answered nothing')
    const { requestUri, expiresIn } = result.value
    const body = { request_uri: requestUri, expires_in: Number(expiresIn) }
    const answer = json(body, facts ?? { reason: 'ok' })
    return { ...answer, response: { ...answer.response, status: 201 } }
  })

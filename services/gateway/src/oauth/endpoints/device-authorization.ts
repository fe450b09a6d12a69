import { json, refused } from '../answer.ts'
import { formEndpoint } from '../endpoint.ts'
import type { TokenCalls } from '../token-calls.ts'

/** RFC 8628 section 3.1. */
export const deviceAuthorizationEndpoint = ({ startDeviceAuthorization }: TokenCalls) =>
  formEndpoint({ name: 'device_authorization', crossOrigin: false }, async (endpoint, parameters, { issuer }) => {
    const { result, facts } = await startDeviceAuthorization({ endpoint, parameters })
    if (result?.$case === 'refusal') return refused(result.value, facts)
    if (result?.$case !== 'started') throw new Error('the token service answered nothing')
    const { deviceCode, userCode, expiresIn, interval } = result.value
    const page = `${issuer.url}/oauth2/v2/device`
    const body = {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?user_code=${encodeURIComponent(userCode)}`,
      expires_in: Number(expiresIn),
      interval: Number(interval),
    }
    return json(body, facts ?? { reason: 'ok' })
  })

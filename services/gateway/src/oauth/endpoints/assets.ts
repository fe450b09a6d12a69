import { refuse } from '../answer.ts'
import type { OAuthEndpoint } from '../endpoint.ts'
import { findAsset } from '../pages/assets.ts'

/** Style, script and icon of the pages. */
export const assetsEndpoint: OAuthEndpoint = {
  ...{ name: 'assets', methods: ['GET', 'HEAD'], crossOrigin: false },
  answer({ below }) {
    const asset = findAsset(below)
    if (!asset) return refuse('no_operation')
    return { response: { status: 200, headers: asset.headers, body: asset.body }, facts: { reason: 'ok' } }
  },
}

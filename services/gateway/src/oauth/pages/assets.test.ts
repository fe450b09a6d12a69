import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { assetsPath, findAsset, formPostScript, icon, style } from './assets.ts'

describe('assets', () => {
  it.each([
    ['css', style, 'text/css; charset=utf-8'],
    ['js', formPostScript, 'text/javascript; charset=utf-8'],
    ['svg', icon, 'image/svg+xml'],
  ])('%s: kept for ever under the hash of its bytes', (extension, asset, type) => {
    const hash = createHash('sha256').update(asset.body).digest('base64url').slice(0, 16)
    expect(asset.path).toBe(`${assetsPath}${hash}.${extension}`)
    expect(asset.headers).toMatchObject({
      'Content-Type': type,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    })
    expect(findAsset(asset.path)).toBe(asset)
  })

  it.each(['/oauth2/v2/assets/', '/oauth2/v2/assets/style.css', '/oauth2/v2/assets/../pages/style.css', 'constructor'])(
    'nothing else: %s',
    (path) => {
      expect(findAsset(path)).toBeUndefined()
    },
  )

  it('the style asks nothing of another place', () => {
    expect(Buffer.from(style.body).toString()).not.toMatch(/url\(|@import/)
  })
})

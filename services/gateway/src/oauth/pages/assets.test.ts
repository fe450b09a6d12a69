import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { findAsset, formPostScript, icon, style } from './assets.ts'

describe('assets', () => {
  it.each([
    ['css', style, 'text/css; charset=utf-8'],
    ['js', formPostScript, 'text/javascript; charset=utf-8'],
    ['svg', icon, 'image/svg+xml'],
  ])('%s: kept for ever under the hash of its bytes', (extension, asset, type) => {
    const hash = createHash('sha256').update(asset.body).digest('base64url').slice(0, 16)
    expect(asset.name).toBe(`${hash}.${extension}`)
    expect(asset.headers).toMatchObject({
      'Content-Type': type,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    })
    expect(findAsset(asset.name)).toBe(asset)
  })

  it.each(['', 'style.css', '../style.css', 'constructor'])('nothing else: %s', (name) => {
    expect(findAsset(name)).toBeUndefined()
  })

  it('the style asks nothing of another place', () => {
    expect(Buffer.from(style.body).toString()).not.toMatch(/url\(|@import/)
  })
})

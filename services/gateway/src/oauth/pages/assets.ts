import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages refer to. Its address carries its hash: other bytes have another address. */
export interface Asset {
  /** `/oauth2/v2/assets/<hash>.css`, the same in every environment. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Where every asset lies. */
export const assetsPath = '/oauth2/v2/assets/'

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

export const style = read(new URL('./style.css', import.meta.url), 'css')
export const formPostScript = read(new URL('./form-post.js', import.meta.url), 'js')
export const icon = read(new URL('./icon.svg', import.meta.url), 'svg')

const assets: ReadonlyMap<string, Asset> = new Map([style, formPostScript, icon].map((asset) => [asset.path, asset]))

/** The asset of a path (without query), if there is one; answer it with status 200. */
export function findAsset(path: string): Asset | undefined {
  return assets.get(path)
}

function read(file: URL, extension: keyof typeof types): Asset {
  const body = readFileSync(file)
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16)
  return {
    path: `${assetsPath}${hash}.${extension}`,
    headers: {
      'Content-Type': types[extension],
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      // An image opened by itself is a document.
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    },
    body,
  }
}

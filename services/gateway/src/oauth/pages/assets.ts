import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A file that pages refer to. Its name is its hash: other bytes have another name. */
export interface Asset {
  /** `<hash>.css` */
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

const types = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const

const sheets = new URL('./style/', import.meta.url)

export const style = asset(
  'css',
  new URL('colours.css', sheets),
  new URL('house.css', sheets),
  new URL('content.css', sheets),
)
export const formPostScript = asset('js', new URL('./form-post.js', import.meta.url))
export const icon = asset('svg', new URL('./icon.svg', import.meta.url))

const assets: ReadonlyMap<string, Asset> = new Map([style, formPostScript, icon].map((one) => [one.name, one]))

/** The asset of a name, if there is one; answered with status 200 at `<prefix>/assets/<name>`. */
export function findAsset(name: string): Asset | undefined {
  return assets.get(name)
}

/** Several files are one asset, in this order. */
function asset(extension: keyof typeof types, ...files: URL[]): Asset {
  const body = Buffer.concat(files.map((file) => readFileSync(file)))
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16)
  return {
    name: `${hash}.${extension}`,
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

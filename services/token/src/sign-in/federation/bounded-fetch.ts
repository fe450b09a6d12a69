const bytesMax = 512 * 1024

/** `fetch` that follows no redirect and reads no more of an answer than a provider's documents can have. */
export async function boundedFetch(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: 'manual' })
  const { status, statusText, headers, body } = response
  if (!body) return response
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > bytesMax) throw new TypeError(`the answer of ${new URL(url).origin} has more than ${bytesMax} bytes`)
    parts.push(part)
  }
  return new Response(bytes > 0 ? Buffer.concat(parts) : null, { status, statusText, headers })
}

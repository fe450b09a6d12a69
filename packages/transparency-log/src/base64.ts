/** The bytes of canonical base64; undefined for every other spelling, so that nothing can be changed without being seen. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

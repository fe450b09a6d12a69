/** What an OAuth endpoint answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

export interface Sent {
  readonly form?: Readonly<Record<string, string>> | string[][]
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

/** Posts a form as a client does that trusts nobody: exactly what it is told, nothing else. */
export async function post(url: string, { form = {}, headers = {}, query = '' }: Sent): Promise<Answer> {
  const body = new URLSearchParams(form)
  const response = await fetch(`${url}${query}`, { method: 'POST', body, headers, redirect: 'manual' })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') && text !== ''
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : { text } }
}

/** The Authorization header of RFC 6749 section 2.3.1. */
export function basic(clientId: string, secret: string): Record<string, string> {
  const encode = (text: string) => encodeURIComponent(text)
  return { authorization: `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}` }
}

/** The claims of a JWT, unverified. */
export function claimsOf(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString())
}

/**
 * Why a text is no https URL that may be called, http on a loopback host included; undefined when it is one. It must
 * stand in its normal form: it is compared byte for byte.
 */
export function webUrlFault(text: string): string | undefined {
  if (text.length > 2048 || !/^https?:\/\/[!-~]+$/.test(text) || !URL.canParse(text)) return 'must be an https URL'
  const url = new URL(text)
  if (url.username || url.password || text.includes('@')) return 'must have no user name or password'
  if (/[?#]/.test(text)) return 'must have neither query nor fragment'
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'must be https: http is for loopback hosts alone'
  if (url.href !== text && url.href !== `${text}/`) return `must be in its normal form: ${url.href}`
  return undefined
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '[::1]' || host === 'localhost'
}

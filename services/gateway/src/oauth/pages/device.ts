import type { DevicePage } from '@gatehouse/contracts/token/v1/authorization_service'
import { type Html, html } from './html.ts'
import { layout, type Page, type PageContext, problem, waitInWords } from './layout.ts'

/** Asks for the code that a device shows (RFC 8628 section 3.3). */
export function devicePage(page: DevicePage, context: PageContext): Page {
  const wait = Number(page.retryAfterSeconds)
  const wrong = page.failed || wait > 0
  return layout(
    {
      status: wait > 0 ? 429 : page.failed ? 400 : 200,
      title: wrong ? 'No device found' : 'Connect a device',
      gate: 'closed',
      main: html`<h1>Connect a device</h1>
<p class="lead">Type the code that your device shows.</p>
${failure(page, wait)}
<form method="post" action="${context.prefix}/device">
<label for="user_code">Code</label>
<input class="code" id="user_code" name="user_code" type="text" value="${page.userCode}" autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck="false" maxlength="32" required autofocus aria-describedby="${wrong ? 'problem code-hint' : 'code-hint'}"${page.failed && html` aria-invalid="true"`}>
<p class="hint" id="code-hint">Eight letters, like WDJB-MJHT. Small letters and no dash will do.</p>
<button class="primary" type="submit">Continue</button>
</form>`,
      note: 'Type only a code that your own device shows, never one that somebody sent you.',
      ...(wait > 0 ? { headers: { 'Retry-After': String(wait) } } : {}),
    },
    context,
  )
}

function failure(page: DevicePage, wait: number): Html | undefined {
  if (wait > 0) {
    return problem('problem', 'Too many tries', `Please wait ${waitInWords(wait)}, then type the code again.`)
  }
  if (!page.failed) return undefined
  return problem(
    'problem',
    'That code does not work',
    'Compare it with your device. A code also runs out after a while.',
  )
}

import type { ClientRedirect } from '@gatehouse/contracts/token/v1/authorization_service'
import { formPostScript } from './assets.ts'
import { html } from './html.ts'
import { foreign, layout, type Page, type PageContext } from './layout.ts'
import { errorPage } from './message.ts'

const notWeb = {
  error: 'invalid_request',
  errorDescription: 'response_mode form_post needs a redirect_uri of the web',
}

/** The answer to a client as a form that sends itself off (OAuth 2.0 Form Post Response Mode). */
export function formPostPage({ redirectUri, parameters }: ClientRedirect, context: PageContext): Page {
  const origin = webOrigin(redirectUri)
  if (origin === undefined) return errorPage(notWeb, context)
  return layout(
    {
      title: 'One moment',
      gate: 'open',
      main: html`<h1>One moment</h1>
<p class="lead" role="status">You are on your way to <strong>${foreign(origin)}</strong>.</p>
<form method="post" action="${redirectUri}">
${parameters.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}">\n`)}
<button class="primary" type="submit">Continue</button>
</form>`,
      leavesTo: origin,
      script: formPostScript,
      // So that the client's own check of where a POST came from sees this origin instead of `null`.
      headers: { 'Referrer-Policy': 'strict-origin' },
    },
    context,
  )
}

/** Undefined for what a form must not be sent to, `javascript:` above all. */
function webOrigin(uri: string): string | undefined {
  const url = URL.parse(uri)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.origin : undefined
}

import type { ConsentPage, ScopeInWords } from '@gatehouse/contracts/token/v1/authorization_service'
import { authorizationDetail } from './authorization-detail.ts'
import { type Html, html } from './html.ts'
import { foreign, layout, type Page, type PageContext } from './layout.ts'

/** Asks the user what the client may do. */
export function consentPage(page: ConsentPage, context: PageContext): Page {
  const client = html`<strong>${foreign(page.clientName)}</strong>`
  return layout(
    {
      title: `Allow ${page.clientName}?`,
      gate: 'ajar',
      main: html`<h1>Allow ${foreign(page.clientName)}?</h1>
<p class="lead">You are signed in as <strong>${foreign(page.username)}</strong>.</p>
${page.device && deviceWarning()}
<p>${client} asks to:</p>
${asked(page)}
${page.redirectOrigin !== '' && html`<p class="aim">Your answer goes to <strong>${foreign(page.redirectOrigin)}</strong></p>`}
<form method="post" action="${context.prefix}/consent">
<input type="hidden" name="interaction" value="${page.interaction}">
<div class="choice">
<button class="primary" type="submit" name="decision" value="approve">Allow</button>
<button class="secondary" type="submit" name="decision" value="deny">Do not allow</button>
</div>
</form>`,
      note: 'You can take this back at any time.',
      ...(page.device ? {} : { leavesTo: page.redirectOrigin }),
    },
    context,
  )
}

/** RFC 8628 section 5.4: somebody else may have started it and sent the user here. */
function deviceWarning(): Html {
  return html`<div class="caution">
<p>This lets a <strong>device</strong> in, not this browser. Allow it only if you have the device in front of you and it showed you the code.</p>
</div>`
}

function asked(page: ConsentPage): Html {
  const nothing = page.scopes.length === 0 && page.authorizationDetails.length === 0
  return html`<ul class="scopes">
${nothing && html`<li>know that you signed in</li>`}
${page.scopes.map(scopeItem)}
${page.authorizationDetails.map((detail) => html`<li>${authorizationDetail(detail)}</li>`)}
</ul>`
}

/** A scope in words, its name beside it for those who know it. */
export function scopeItem({ name, description }: ScopeInWords): Html {
  if (description === '') return html`<li><code>${foreign(name)}</code></li>\n`
  return html`<li>${foreign(description)} <code>${foreign(name)}</code></li>\n`
}

import type { ConsentsPage, GivenConsent } from '@gatehouse/contracts/token/v1/authorization_service'
import { scopeItem } from './consent.ts'
import { type Html, html } from './html.ts'
import { foreign, layout, type Page, type PageContext } from './layout.ts'

/** Shows users whom they let in, and lets them take it back. */
export function consentsPage(page: ConsentsPage, context: PageContext): Page {
  return layout(
    {
      title: 'Your apps',
      gate: 'ajar',
      main: html`<h1>Your apps</h1>
<p class="lead">You are signed in as <strong>${foreign(page.username)}</strong>.</p>
${list(page, context)}
<p class="way-out"><a href="${context.prefix}/sign-out">Sign out</a></p>`,
    },
    context,
  )
}

function list(page: ConsentsPage, context: PageContext): Html {
  if (page.consents.length === 0) return html`<p>You have not allowed any app.</p>`
  return html`<p>You have allowed these to act for you:</p>
<ul class="consents">
${page.consents.map((consent) => consentItem(consent, page.interaction, context))}
</ul>`
}

function consentItem(consent: GivenConsent, interaction: string, { prefix }: PageContext): Html {
  const client = consent.clientName || consent.clientId
  return html`<li>
<h2>${foreign(client)}</h2>
${consent.scopes.length > 0 && html`<ul class="scopes">${consent.scopes.map(scopeItem)}</ul>`}
<form method="post" action="${prefix}/consents">
<input type="hidden" name="interaction" value="${interaction}">
<input type="hidden" name="client_id" value="${consent.clientId}">
<button class="secondary" type="submit" aria-label="Withdraw what ${client} may do">Withdraw</button>
</form>
</li>
`
}

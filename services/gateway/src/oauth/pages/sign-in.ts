import type { ProviderChoice, SignInPage } from '@gatehouse/contracts/token/v1/authorization_service'
import { type Html, html } from './html.ts'
import { foreign, layout, type Page, type PageContext, problem, waitInWords } from './layout.ts'

/** Asks who the user is. Nothing in it tells a wrong password from an unknown user. */
export function signInPage(page: SignInPage, context: PageContext): Page {
  const wait = Number(page.retryAfterSeconds)
  const local = page.localUsers && localForm(page, context)
  const providers = page.providers.length > 0 && providerForm(page, context)
  return layout(
    {
      status: wait > 0 ? 429 : page.failed ? 400 : 200,
      title: page.failed || wait > 0 ? 'Not signed in' : 'Sign in',
      gate: 'closed',
      main: html`<h1>Sign in</h1>
${page.clientName !== '' && html`<p class="lead">to go on to <strong>${foreign(page.clientName)}</strong></p>`}
${failure(page, wait)}
${local}
${local && providers && html`<p class="or"><span>or</span></p>`}
${providers}
${!local && !providers && html`<p>Nobody can sign in here yet: this environment has no users of its own and no identity provider.</p>`}`,
      note: 'Before you type a password, check that the address of this page is the one you know.',
      leavesTo: page.redirectOrigin,
      ...(wait > 0 ? { headers: { 'Retry-After': String(wait) } } : {}),
    },
    context,
  )
}

function failure(page: SignInPage, wait: number): Html | undefined {
  if (wait > 0) {
    return problem('problem', 'Too many tries', `Please wait ${waitInWords(wait)}, then try again.`)
  }
  if (!page.failed) return undefined
  return problem('problem', 'That did not work', 'The user name or the password is not right. Please try again.')
}

function localForm(page: SignInPage, { prefix }: PageContext): Html {
  const failed = page.failed || page.retryAfterSeconds > 0n
  const described = failed && html` aria-describedby="problem"${page.failed && html` aria-invalid="true"`}`
  // The cursor stands where the user goes on typing.
  const focus = html` autofocus`
  return html`<form method="post" action="${prefix}/sign-in">
<input type="hidden" name="interaction" value="${page.interaction}">
<label for="username">User name</label>
<input id="username" name="username" type="text" value="${page.username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="256" required${described}${page.username === '' && focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required${described}${page.username !== '' && focus}>
<button class="primary" type="submit">Sign in</button>
</form>`
}

function providerForm(page: SignInPage, { prefix }: PageContext): Html {
  return html`<form method="post" action="${prefix}/federation">
<input type="hidden" name="interaction" value="${page.interaction}">
${page.providers.map(providerButton)}
</form>`
}

function providerButton({ providerId, displayName }: ProviderChoice): Html {
  return html`<button class="secondary" type="submit" name="provider_id" value="${providerId}">Sign in with ${foreign(displayName || providerId)}</button>
`
}

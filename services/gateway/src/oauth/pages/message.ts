import { MessageKind, type MessagePage } from '@gatehouse/contracts/token/v1/authorization_service'
import { html } from './html.ts'
import { type Content, foreign, layout, type Page, type PageContext } from './layout.ts'

/** Tells the user how something ended, or asks whether to sign out. */
export function messagePage(page: MessagePage, context: PageContext): Page {
  return layout(contentOf(page, context), context)
}

function contentOf(page: MessagePage, context: PageContext): Content {
  switch (page.kind) {
    case MessageKind.MESSAGE_KIND_DEVICE_APPROVED:
      return {
        title: 'Device connected',
        gate: 'open',
        main: html`<h1>Your device is in</h1>
<p class="lead" role="status">Go back to it; it goes on by itself. You can close this page.</p>`,
      }
    case MessageKind.MESSAGE_KIND_DEVICE_DENIED:
      return {
        title: 'Device not connected',
        gate: 'closed',
        main: html`<h1>Your device stays out</h1>
<p class="lead" role="status">It was not connected. You can close this page.</p>`,
      }
    case MessageKind.MESSAGE_KIND_SIGN_OUT:
      return signOut(page, context)
    case MessageKind.MESSAGE_KIND_SIGNED_OUT:
      return {
        title: 'Signed out',
        gate: 'closed',
        main: html`<h1>You are signed out</h1>
<p class="lead" role="status">The gate is closed behind you. You can close this page.</p>`,
      }
    default:
      // A kind that is not known here, too: nothing goes on.
      return errorContent(page)
  }
}

function signOut(page: MessagePage, { prefix }: PageContext): Content {
  return {
    title: 'Sign out?',
    gate: 'ajar',
    main: html`<h1>Sign out?</h1>
<p class="lead">Apps that you signed in to here may sign you out too. To stay signed in, close this page.</p>
<form method="post" action="${prefix}/sign-out">
<input type="hidden" name="interaction" value="${page.interaction}">
<button class="primary" type="submit">Sign out</button>
</form>`,
    leavesTo: page.redirectOrigin,
  }
}

/** An error that a page tells, because there is no client to tell. */
export interface PageError {
  /** 400 by default. */
  readonly status?: number
  /** OAuth error code. */
  readonly error: string
  readonly errorDescription: string
  readonly headers?: Readonly<Record<string, string>>
}

/** For what the gateway itself refuses to a browser. */
export function errorPage(error: PageError, context: PageContext): Page {
  return layout(errorContent(error), context)
}

function errorContent({ status = 400, error, errorDescription, headers = {} }: PageError): Content {
  return {
    status,
    title: 'This does not lead on',
    gate: 'closed',
    main: html`<h1>This does not lead on</h1>
<div class="problem" role="alert">
<p>${foreign(errorDescription || 'The request cannot be answered.')}</p>
${error !== '' && html`<p><code>${foreign(error)}</code></p>`}
</div>
<p>${advice(status)}</p>`,
    headers,
  }
}

function advice(status: number): string {
  if (status === 503) return 'Please try again in a moment.'
  return 'Go back to the app that you came from and start again. If that does not help, tell its makers what you read here.'
}

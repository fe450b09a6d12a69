import type { InteractResponse } from '@gatehouse/contracts/token/v1/authorization_service'
import { consentPage } from './consent.ts'
import { consentsPage } from './consents.ts'
import { devicePage } from './device.ts'
import type { Page, PageContext } from './layout.ts'
import { messagePage } from './message.ts'
import { signInPage } from './sign-in.ts'

type Next = NonNullable<InteractResponse['next']>

/** What a browser is shown, rather than sent to. */
export type Shown = Exclude<Next, { readonly $case: 'clientRedirect' | 'redirectUrl' }>

/** The page for the next step of a browser. A client's answer by form_post is `formPostPage`. */
export function renderPage(next: Shown, context: PageContext): Page {
  switch (next.$case) {
    case 'signIn':
      return signInPage(next.value, context)
    case 'consent':
      return consentPage(next.value, context)
    case 'device':
      return devicePage(next.value, context)
    case 'consents':
      return consentsPage(next.value, context)
    case 'message':
      return messagePage(next.value, context)
  }
}

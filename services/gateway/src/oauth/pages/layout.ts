import { type Asset, icon, style } from './assets.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { type Gate, portcullis } from './gate.ts'
import { type Hole, type Html, html } from './html.ts'

/** An answer for a browser. */
export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly html: string
}

/** What pages know of the request beside what the token service says. */
export interface PageContext {
  /** What the paths of forms and assets begin with: `/oauth2/v2` or `/<api>/oauth2/v2`. */
  readonly prefix: string
  /** The environment's name, shown on every page. */
  readonly environment: string
  /** Whether the issuer is reached by https. */
  readonly secure: boolean
}

export interface Content {
  /** Default 200. */
  readonly status?: number
  readonly title: string
  readonly gate: Gate
  readonly main: Html
  /** Below the door. */
  readonly note?: string
  /** See `FormTargets`. */
  readonly leavesTo?: string
  /** The only one that the page runs. */
  readonly script?: Asset
  readonly headers?: Readonly<Record<string, string>>
}

/** A whole page around its content. */
export function layout(content: Content, context: PageContext): Page {
  const { title, gate, main, note, script, status = 200 } = content
  const assets = `${context.prefix}/assets`
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Gatehouse</title>
<link rel="icon" type="image/svg+xml" href="${assets}/${icon.name}">
<link rel="stylesheet" href="${assets}/${style.name}">
${script !== undefined && html`<script src="${assets}/${script.name}" defer></script>`}
</head>
<body>
<div class="land">
<div class="gatehouse">
<div class="door">
<header>
${portcullis(gate)}
<p class="brand">Gatehouse <span class="environment">${foreign(context.environment)}</span></p>
</header>
<main>
${main}
</main>
</div>
</div>
</div>
<footer>${note !== undefined && html`<p>${note}</p>`}</footer>
</body>
</html>
`
  return { status, headers: headersOf(content, context.secure), html: document.toString() }
}

/** Text that others chose (clients, users): its writing direction ends where it ends. */
export function foreign(text: Hole): Html {
  return html`<bdi>${text}</bdi>`
}

/** The box that says what went wrong, read out by screen readers at once. */
export function problem(id: string, title: string, text: Hole): Html {
  return html`<div class="problem" role="alert" id="${id}">
<p class="problem-title">${title}</p>
<p>${text}</p>
</div>`
}

/** `90` → `2 minutes`: rounded up, so that a try after it is taken. */
export function waitInWords(seconds: number): string {
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`
  const minutes = Math.ceil(seconds / 60)
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}

function headersOf({ leavesTo, script, headers }: Content, secure: boolean): Record<string, string> {
  const targets = leavesTo === undefined ? { secure } : { secure, leavesTo }
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': contentSecurityPolicy(targets, script !== undefined),
    'Cross-Origin-Resource-Policy': 'same-origin',
    // With `no-referrer` a form's POST would carry `Origin: null`, which no check could tell from a foreign page's.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    ...headers,
  }
}

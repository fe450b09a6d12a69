import { type Html, html } from './html.ts'

/** How far the portcullis is up. */
export type Gate = 'closed' | 'ajar' | 'open'

/** The portcullis in the crown of every page's arch. It says nothing that the text does not. */
export function portcullis(gate: Gate): Html {
  return html`<svg class="portcullis ${gate}" viewBox="0 0 400 116" width="400" height="116" aria-hidden="true" focusable="false">
<path class="bars" d="M-10 14h420M-10 54h420M-10 94h420M20 0v104M65 0v104M110 0v104M155 0v104M200 0v104M245 0v104M290 0v104M335 0v104M380 0v104"/>
<path class="spikes" d="M14 102h12l-6 14zM59 102h12l-6 14zM104 102h12l-6 14zM149 102h12l-6 14zM194 102h12l-6 14zM239 102h12l-6 14zM284 102h12l-6 14zM329 102h12l-6 14zM374 102h12l-6 14z"/>
</svg>`
}

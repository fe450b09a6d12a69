import type { Sample, Trend } from './trend.ts'

/** A series with its trend: one panel of a plot. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly samples: readonly Sample[]
  readonly trend: Trend
}

const panel = { width: 720, height: 120, left: 80, top: 36 } as const

/** Panels one above the other over the same minutes, as SVG: samples as a line, the trend through it. */
export function plot(title: string, panels: readonly Panel[]): string {
  const height = 40 + panels.length * (panel.height + panel.top) + 40
  const width = panel.left + panel.width + 20
  const style =
    'text{font:12px sans-serif}.s{fill:none;stroke:#1f6fb2;stroke-width:1}.t{stroke:#c0392b;stroke-width:2}.b{fill:none;stroke:#999}'
  const drawn = panels.map((each, index) => draw(each, 40 + index * (panel.height + panel.top)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${escaped(title)}</title>
<style>${style}</style><rect width="100%" height="100%" fill="#fff"/>
<text x="${panel.left}" y="24" font-weight="bold">${escaped(title)}</text>
${drawn.join('\n')}
<text x="${panel.left + panel.width}" y="${height - 8}" text-anchor="end">minutes</text>
</svg>
`
}

function draw({ title, unit, samples, trend }: Panel, top: number): string {
  const [from, to] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 1]
  const highest = Math.max(...samples.map(({ value }) => value), trend.valueAt(from), trend.valueAt(to)) * 1.1 || 1
  const x = (at: number) => (panel.left + ((at - from) / (to - from)) * panel.width).toFixed(1)
  const y = (value: number) => (top + panel.top + panel.height * (1 - Math.max(0, value) / highest)).toFixed(1)
  const points = samples.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')
  const label = (value: number) => value.toPrecision(3)
  return `<text x="${panel.left}" y="${top + panel.top - 8}">${escaped(title)}, ${escaped(unit)}</text>
<rect class="b" x="${panel.left}" y="${top + panel.top}" width="${panel.width}" height="${panel.height}"/>
<text x="${panel.left - 6}" y="${y(highest)}" dy="10" text-anchor="end">${label(highest)}</text>
<text x="${panel.left - 6}" y="${y(0)}" text-anchor="end">0</text>
<text x="${x(from)}" y="${y(0)}" dy="14">${label(from)}</text><text x="${x(to)}" y="${y(0)}" dy="14" text-anchor="end">${label(to)}</text>
<polyline class="s" points="${points}"/>
<line class="t" x1="${x(from)}" y1="${y(trend.valueAt(from))}" x2="${x(to)}" y2="${y(trend.valueAt(to))}"/>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

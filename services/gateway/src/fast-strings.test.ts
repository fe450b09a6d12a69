import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

// In a process of its own: once undone, no later subclass does it again.
const script = `
  import { fastStrings } from ${JSON.stringify(new URL('./fast-strings.ts', import.meta.url).href)}
  const isFast = () => %HasFastProperties(String.prototype)
  const before = isFast()
  class Subclass extends String {}
  const subclassed = isFast()
  fastStrings()
  console.log(JSON.stringify({ before, subclassed, after: isFast() }))`

test('what a subclass of String did to its prototype is undone', () => {
  const args = ['--allow-natives-syntax', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const seen = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  expect(seen).toEqual({ before: true, subclassed: false, after: true })
})

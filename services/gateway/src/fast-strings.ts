/**
 * Makes `String.prototype` fast again. A library (ioredis) has a subclass of String; V8 turns a prototype into a
 * dictionary when something inherits from it, and then no compiled code can inline `charCodeAt`, `slice` or `length` of
 * any string. A property that is loaded twice from a String object, not a plain string, turns it back. Measured: every
 * decision took 1.4 times as long before. Call it when everything is loaded.
 */
export function fastStrings(): void {
  const load = (text: object) => text.toString
  for (let time = 0; time < 10; time++) load(Object(''))
}

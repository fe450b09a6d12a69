import { type FieldViolation, invalidArgument } from '@gatehouse/errors'

/** What is wrong with a value: a text about the field itself, or violations at paths below it. */
type Fault = string | readonly FieldViolation[] | undefined

export type Rule<Value> = (value: Value) => Fault

/** One rule for every field of a message: a field without a rule does not compile. */
export type Rules<Message> = { readonly [Field in keyof Omit<Message, '_unknownFields'>]-?: Rule<Message[Field]> }

/** @throws INVALID_ARGUMENT that names every field that is wrong, by its proto path (`restrictions.cidrs[2]`) */
export function validate<Message extends object>(rules: Rules<Message>, message: Message): void {
  const violations = violationsOf(rules, message)
  if (violations.length > 0) throw invalidArgument(violations)
}

export function violationsOf<Message extends object>(rules: Rules<Message>, message: Message): FieldViolation[] {
  const fields = Object.keys(rules) as (keyof Rules<Message> & string)[]
  return fields.flatMap((field) => {
    const fault = rules[field](message[field])
    const path = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (!fault) return []
    if (typeof fault === 'string') return [{ field: path, description: fault }]
    const at = (below: string) => (below.startsWith('[') ? `${path}${below}` : `${path}.${below}`)
    return fault.map(({ field: below, description }) => ({ field: at(below), description }))
  })
}

/** A text of a form. */
export function form(pattern: RegExp, description: string): Rule<string> {
  return (value) => (pattern.test(value) ? undefined : description)
}

/** The rule, or empty. */
export function orEmpty(rule: Rule<string>): Rule<string> {
  return (value) => (value === '' ? undefined : rule(value))
}

/** The rule, or unset. */
export function orUnset<Value>(rule: Rule<Value>): Rule<Value | undefined> {
  return (value) => (value === undefined ? undefined : rule(value))
}

/** At most so many different values, each by the rule. */
export function each(rule: Rule<string>, countMax: number): Rule<readonly string[]> {
  return (values) => {
    if (values.length > countMax) return `must have at most ${countMax} entries`
    const first = new Set<string>()
    return values.flatMap((value, index) => {
      const fault = first.has(value) ? 'is there twice' : rule(value)
      first.add(value)
      return typeof fault === 'string' ? [{ field: `[${index}]`, description: fault }] : []
    })
  }
}

/** A message in a field. */
export function nested<Message extends object>(rules: Rules<Message>): Rule<Message> {
  return (message) => violationsOf(rules, message)
}

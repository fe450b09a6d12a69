/** Why a request target has no canonical path. */
export type PathFault =
  | 'too_long'
  | 'not_origin_form'
  | 'fragment'
  | 'empty_segment'
  | 'dot_segment'
  | 'path_parameter'
  | 'backslash'
  | 'encoded_slash'
  | 'encoded_control'
  | 'percent_encoding'
  | 'double_encoding'
  | 'invalid_utf8'
  | 'confusable'
  | 'character'

export interface PathRefusal {
  readonly fault: PathFault
}

const refusal = <Fault extends PathFault>(fault: Fault) => Object.freeze({ fault })

/** One frozen object for each fault: a refusal costs no allocation. */
export const refusals: { readonly [Fault in PathFault]: { readonly fault: Fault } } = {
  too_long: refusal('too_long'),
  not_origin_form: refusal('not_origin_form'),
  fragment: refusal('fragment'),
  empty_segment: refusal('empty_segment'),
  dot_segment: refusal('dot_segment'),
  path_parameter: refusal('path_parameter'),
  backslash: refusal('backslash'),
  encoded_slash: refusal('encoded_slash'),
  encoded_control: refusal('encoded_control'),
  percent_encoding: refusal('percent_encoding'),
  double_encoding: refusal('double_encoding'),
  invalid_utf8: refusal('invalid_utf8'),
  confusable: refusal('confusable'),
  character: refusal('character'),
}

/** Why an access token is refused; the names are reasons of decision records. */
export type TokenFault =
  | 'token_malformed'
  | 'token_header_refused'
  | 'token_algorithm_refused'
  | 'token_type_wrong'
  | 'token_key_unknown'
  | 'token_signature_invalid'
  | 'token_issuer_wrong'
  | 'token_audience_wrong'
  | 'token_claims_invalid'
  | 'token_expired'
  | 'token_not_yet_valid'

/** Clocks of hosts may differ by so much. What is forgotten when a token expires must be kept so much longer. */
export const clockSkewSeconds = 60

/** No access token lives longer, whatever it says of itself. */
export const tokenLifetimeSecondsMax = 86_400

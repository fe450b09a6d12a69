export { type AccessToken, type Confirmation, readAccessToken } from './access-token/access-token.ts'
export { clockSkewSeconds, type TokenFault, tokenLifetimeSecondsMax } from './access-token/token-fault.ts'
export { TokenMemory } from './access-token/token-memory.ts'
export {
  createTokenVerifier,
  type Expectation,
  type TokenVerifier,
  tokenCharsMax,
  type Verification,
} from './access-token/token-verifier.ts'
export { certificateThumbprint, thumbprint } from './jwk/thumbprint.ts'
export {
  readVerificationKey,
  type SignatureAlgorithm,
  signatureAlgorithms,
  type VerificationKey,
} from './jwk/verification-key.ts'
export { decodeBase64url } from './jws/base64url.ts'
export { toLowS } from './jws/low-s.ts'
export { type Jws, type JwsFault, type JwsHeader, type JwsRules, parseJws, unverifiedClaims } from './jws/parse-jws.ts'
export { type JsonObject, parseStrictObject } from './jws/strict-json.ts'
export { verifyJws } from './jws/verify-jws.ts'
export { joinSplit, openPhantom, referenceTokenId, sealPhantom, splitToken } from './reference-token/reference-token.ts'

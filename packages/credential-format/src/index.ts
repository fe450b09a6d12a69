export { decodeBase32, encodeBase32 } from './base32.ts'
export { digestSecret } from './digest.ts'
export { type SecretKind, secretBytes, secretIdBytes } from './layout.ts'
export { mintSecret, type SecretParts } from './mint.ts'
export {
  type MalformedSecret,
  type OwnSecret,
  type ParsedApiKey,
  parseApiKey,
  parseSecret,
  type SecretFault,
} from './parse.ts'

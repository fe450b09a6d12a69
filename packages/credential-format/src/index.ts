export { encodeBase32 } from './base32.ts'
export { digestApiKey } from './digest.ts'
export { apiKeyIdBytes, apiKeySecretBytes, type MintedApiKey, mintApiKey } from './mint.ts'
export { type ApiKeyFault, type ParsedApiKey, parseApiKey } from './parse.ts'

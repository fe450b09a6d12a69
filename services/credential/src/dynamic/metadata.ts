import { type ReadMetadata, readMetadata } from '../domain/registration/metadata.ts'
import { metadataRefused } from './refused.ts'

/** @throws RegistrationRefused naming what is wrong first */
export function wantedMetadata(bytes: Uint8Array): ReadMetadata {
  const read = readMetadata(bytes)
  if ('registration' in read) return read
  throw metadataRefused(read)
}

export {
  type Checkpoint,
  CheckpointRefused,
  openCheckpoint,
  type Signer,
  signCheckpoint,
  signerOf,
} from './checkpoint.ts'
export { ExportRefused, type ExportVerdict, exportHeader, verifyExport } from './export.ts'
export { type Completed, Frontier } from './frontier.ts'
export { HASH_BYTES, leafHash } from './hash.ts'
export { consistencyProof, inclusionProof, peaksOf, type ReadNode } from './prove.ts'
export { provesConsistency, provesInclusion } from './verify.ts'

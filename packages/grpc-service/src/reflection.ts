import { readFileSync } from 'node:fs'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { descriptorSet } from '@gatehouse/contracts/descriptors'
import type { Server } from '@grpc/grpc-js'
import { ReflectionService } from '@grpc/reflection'
import { ConfigurationError } from './environment.ts'

/** Serves grpc.reflection v1 and v1alpha for the named services, from the descriptors that `npm run generate` makes. */
export function addReflection(server: Pick<Server, 'addService'>, services: readonly string[]): void {
  // The descriptors of proto-loader are not used: grpcurl cannot link them (the google.protobuf files are missing).
  // Of this entry only the files are read; it has to look like one of proto-loader's.
  const format = 'Protocol Buffer 3 EnumDescriptorProto' as const
  const files = { format, type: {}, fileDescriptorProtos: readDescriptors() }
  new ReflectionService({ files }, { services: [...services] }).addToServer(server)
}

/** The FileDescriptorProtos of a FileDescriptorSet: its field 1. */
function readDescriptors(): Buffer[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(descriptorSet)
  } catch {
    throw new ConfigurationError(`reflection needs ${descriptorSet.pathname}: run npm run generate`)
  }
  const reader = new BinaryReader(bytes)
  const files: Buffer[] = []
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1) files.push(Buffer.from(reader.bytes()))
    else reader.skip(wireType, field)
  }
  return files
}

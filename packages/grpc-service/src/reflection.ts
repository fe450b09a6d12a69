import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Server } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'

const protoDirectory = fileURLToPath(new URL('../../../proto', import.meta.url))

/** Serves grpc.reflection v1 and v1alpha for the named services, read from the repository's protos. */
export function addReflection(server: Pick<Server, 'addService'>, services: readonly string[]): void {
  const files = readdirSync(protoDirectory, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.proto'),
  )
  const definition = loadSync(files, { includeDirs: [protoDirectory] })
  new ReflectionService(definition, { services: [...services] }).addToServer(server)
}

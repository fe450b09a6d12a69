import type { Server } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import type { BoundService } from './handlers.ts'

/** Serves grpc.health.v1 for the whole server (`''`) and each of its services. Answers what ends their health. */
export function addHealth(server: Pick<Server, 'addService'>, services: readonly BoundService[]): () => void {
  const names = ['', ...services.flatMap(({ definition }) => serviceNames(definition))]
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING' as const])))
  // The library types its server by its own addService alone.
  health.addToServer(server as never)
  return () => {
    for (const name of names) health.setStatus(name, 'NOT_SERVING')
  }
}

/** `gatehouse.credential.v1.CredentialService`, from the paths of its methods. */
export function serviceNames(definition: BoundService['definition']): readonly string[] {
  return [...new Set(Object.values(definition).map(({ path }) => path.split('/')[1] ?? ''))]
}

import { dockerEngine } from './docker/engine.ts'

/**
 * The server from Docker where an engine answers, else started on this machine. What Docker cannot start (an image it
 * cannot pull, say) is told in one line and started natively.
 */
export async function fromDockerOrNative<Started>(
  name: string,
  start: { docker(): Promise<Started>; native(): Promise<Started> },
): Promise<Started> {
  if (!(await dockerEngine())) return start.native()
  try {
    return await start.docker()
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error)
    process.stderr.write(`testkit: Docker answers but cannot start ${name} (${reason}): starting it natively\n`)
    return start.native()
  }
}

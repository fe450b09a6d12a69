import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { onRelease } from '@gatehouse/standalone/tied-process'

let answer: Promise<boolean> | undefined

/** Whether a Docker engine answers. Asked once; without a socket testcontainers, which is slow to load, is left alone. */
export function dockerEngine(): Promise<boolean> {
  answer ??= probe()
  return answer
}

async function probe(): Promise<boolean> {
  const named = process.env['DOCKER_HOST']
  const runtime = process.env['XDG_RUNTIME_DIR']
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  if (runtime) sockets.push(join(runtime, 'docker.sock'))
  if (!named && !sockets.some((path) => existsSync(path))) return false
  const { getContainerRuntimeClient, getReaper } = await import('testcontainers')
  try {
    const client = await getContainerRuntimeClient()
    if (process.env['TESTCONTAINERS_RYUK_DISABLED'] === 'true') reap((await getReaper(client)).sessionId)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    process.stderr.write(`testkit: no Docker engine answers (${reason}): starting servers natively\n`)
    return false
  }
}

/** Removes what a killed run leaves, where testcontainers' own reaper is switched off. */
function reap(session: string): void {
  const filter = `--filter label=org.testcontainers.session-id=${session}`
  const containers = `docker ps -aq ${filter} | xargs -r docker rm -f -v`
  const networks = `docker network ls -q ${filter} | xargs -r docker network rm`
  onRelease('sh', '-c', `${containers}; ${networks}`)
}

import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromDebian, onPath, runProgram } from './program.ts'
import { fetchOnce } from './workspace.ts'

const jar = 'com.github.codemonstur:embedded-redis:1.4.3'

/** The path of a `redis-server`: of the PATH, else of Debian's package where we are root, else out of a pinned jar. */
export async function redisProgram(): Promise<string> {
  return (await onPath('redis-server')) ?? (await fromDebian('redis-server')) ?? (await fromJar())
}

/** The jar carries statically linked builds for Linux and macOS. */
async function fromJar(): Promise<string> {
  const [system, cpu] = [
    process.platform === 'darwin' ? 'darwin' : 'linux',
    process.arch === 'arm64' ? 'arm64' : 'amd64',
  ]
  const folder = await fetchOnce('embedded-redis-1.4.3', async (part) => {
    const mvn = await onPath('mvn')
    if (!mvn) {
      throw new Error(
        'Redis is missing: put redis-server on the PATH, set GATEHOUSE_REDIS_URL, start Docker, or install Maven',
      )
    }
    const unpack = ['-q', '-B', 'dependency:unpack', `-Dartifact=${jar}`, `-DoutputDirectory=${part}`]
    await runProgram(mvn, unpack, { cwd: part }) // where Maven leaves its markers
    for (const name of await executables(part)) await chmod(join(part, name), 0o755)
  })
  const found = (await executables(folder)).find((name) => name.endsWith(`${system}-${cpu}`))
  if (!found) throw new Error(`${jar} has no Redis for ${system} ${cpu}: put redis-server on the PATH`)
  return join(folder, found)
}

async function executables(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('redis-server-'))
}

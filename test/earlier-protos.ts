import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Unpacks the protos that the present ones must not break into a folder, which it returns: those of the last tag; with
 * no tag those of main, or on main itself of the commit before. Undefined when no such commit has protos.
 */
export async function unpackEarlierProtos(root: string, folder: string): Promise<string | undefined> {
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args, { cwd: root }).catch(() => ({ stdout: '' }))
    return stdout.trim()
  }
  const head = await git('rev-parse', 'HEAD')
  const tag = await git('describe', '--tags', '--abbrev=0')
  const main = await git('merge-base', 'HEAD', 'main')
  const earlier = tag || (main && main !== head ? main : await git('rev-parse', '--verify', '--quiet', 'HEAD^'))
  if (!earlier || !(await git('ls-tree', earlier, 'proto/'))) return undefined
  await mkdir(folder, { recursive: true })
  const archive = join(folder, 'earlier.tar')
  await run('git', ['archive', '--output', archive, earlier, 'buf.yaml', 'proto'], { cwd: root })
  await run('tar', ['-xf', archive, '-C', folder])
  console.log(`compared with ${tag || earlier}`)
  return folder
}

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { devCertificates } from '@gatehouse/grpc-service'
import { services } from './services.ts'

// For one host: makes `<folder>/<service>/{ca.crt,tls.crt,tls.key}`, one volume each, so that a service holds its own
// key alone. The authority stays in GATEHOUSE_DATA_DIR, where no service sees it.
const [folder] = process.argv.slice(2)
const dataDir = process.env['GATEHOUSE_DATA_DIR']
if (!folder || !dataDir) throw new Error('usage: GATEHOUSE_DATA_DIR=… certificates <folder>')

for (const service of services) {
  const { ca, cert, key } = await devCertificates(dataDir, service)
  const own = join(folder, service)
  await mkdir(own, { recursive: true })
  for (const [name, pem] of Object.entries({ 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key })) {
    await writeFile(join(own, name), pem, { mode: 0o600 })
  }
}

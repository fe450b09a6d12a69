// What verifying a new ES256 token costs at the least: the signature check alone. Prints checks for each second of the
// processor.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const dsaEncoding = 'ieee-p1363'
const messages = Array.from({ length: 500 }, () => {
  const text = randomBytes(360)
  return { text, signature: sign('sha256', text, { key: privateKey, dsaEncoding }) }
})

function checkAll(): void {
  for (const { text, signature } of messages) verify('sha256', text, { key: publicKey, dsaEncoding }, signature)
}

const rounds = 20
for (let warm = 0; warm < 5; warm++) checkAll()
const before = process.cpuUsage()
for (let round = 0; round < rounds; round++) checkAll()
const { user, system } = process.cpuUsage(before)
console.log((rounds * messages.length * 1e6) / (user + system))

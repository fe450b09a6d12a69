import { generateKeyPairSync } from 'node:crypto'
import type { TokenFault } from '../src/index.ts'
import { claimThreats } from './jwt-claim-threats.ts'
import { claims, createSigner, encode, hmacToken, type Signer } from './signer.ts'

/** One line of the table of threats to JWTs (RFC 8725, RFC 9068): a text that must be refused, and why. */
export interface JwtThreat {
  readonly name: string
  readonly fault: TokenFault | 'credential_missing' | 'credential_malformed'
  readonly text: string
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const bytes32 = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

/** @param listener where a server listens that must see no connection */
export function jwtThreats(signer: Signer, retired: Signer, foreign: Signer, listener: string): JwtThreat[] {
  return [
    ...algorithms(signer),
    ...confusedKeys(signer),
    ...keyIds(signer, retired, foreign),
    ...headerKeys(signer, foreign, listener),
    ...criticalHeaders(signer),
    ...signatures(signer),
    ...spellings(signer),
    ...claimThreats(signer),
  ]
}

function algorithms(signer: Signer): JwtThreat[] {
  const header = { typ: 'at+jwt', kid: signer.kid }
  const unsigned = (alg: unknown) => `${encode({ ...header, alg })}.${encode(claims())}.`
  const algorithm = (name: string, text: string): JwtThreat => ({ name, fault: 'token_algorithm_refused', text })
  const duplicate = `{"alg":"none","typ":"at+jwt","kid":"${signer.kid}","alg":"ES256"}`
  return [
    ...['none', 'None', 'nOnE', '', 'HS256', 'ES384', 'PS256', 'es256', 'ES256 ', ['ES256'], null, {}].map((alg) =>
      algorithm(`alg ${JSON.stringify(alg)}, not signed`, unsigned(alg)),
    ),
    ...['none', 'ES256 ', ['ES256']].map((alg) =>
      algorithm(`alg ${JSON.stringify(alg)}, signed`, signer.token({}, { alg })),
    ),
    algorithm('no alg', signer.jws(header, claims())),
    { name: 'alg twice, none first', fault: 'token_malformed', text: signer.jws(duplicate, claims()) },
    {
      name: 'alg of another kind than the key',
      fault: 'token_signature_invalid',
      text: signer.token({}, { alg: 'RS256' }),
    },
  ]
}

function confusedKeys({ publicKey, publicJwk, kid }: Signer): JwtThreat[] {
  const pem = String(publicKey.export({ format: 'pem', type: 'spki' }))
  const secrets: [string, string | Buffer][] = [
    ['PEM', pem],
    ['PEM without its line end', pem.trimEnd()],
    ['DER', publicKey.export({ format: 'der', type: 'spki' })],
    ['JWK', JSON.stringify(publicJwk)],
    ['x coordinate', Buffer.from(String(publicJwk['x']), 'base64url')],
    ['nothing', ''],
  ]
  return secrets.map(([what, secret]) => ({
    name: `HS256 with the public key as ${what}`,
    fault: 'token_algorithm_refused',
    text: hmacToken(kid, secret),
  }))
}

function keyIds(signer: Signer, retired: Signer, foreign: Signer): JwtThreat[] {
  const unknown = ['../../dev/null', "' UNION SELECT 'k", ';id', '\0', '__proto__', 'constructor', 'toString', '*']
  const withKid = (kid: unknown) => signer.token({}, { kid })
  return [
    ...unknown.map(
      (kid): JwtThreat => ({
        name: `kid ${JSON.stringify(kid)}`,
        fault: 'token_key_unknown',
        text: withKid(kid),
      }),
    ),
    { name: 'no kid', fault: 'token_key_unknown', text: withKid(undefined) },
    { name: 'empty kid', fault: 'token_malformed', text: withKid('') },
    { name: 'kid of 4 kB', fault: 'token_malformed', text: withKid('k'.repeat(4096)) },
    { name: 'kid of 64 kB', fault: 'token_malformed', text: withKid('k'.repeat(65_536)) },
    { name: 'kid that is a number', fault: 'token_malformed', text: withKid(1) },
    { name: 'kid of a removed key', fault: 'token_key_unknown', text: retired.token() },
    { name: 'kid of another issuer', fault: 'token_key_unknown', text: foreign.token() },
    {
      name: 'signed by another key',
      fault: 'token_signature_invalid',
      text: foreign.token({}, { kid: signer.kid }),
    },
  ]
}

function headerKeys(signer: Signer, foreign: Signer, listener: string): JwtThreat[] {
  const own = { alg: 'ES256', typ: 'at+jwt', kid: signer.kid }
  const attack = (extra: object) => foreign.jws({ ...own, ...extra }, claims())
  const cases: [string, object][] = [
    ['jwk', { jwk: foreign.publicJwk }],
    ['jku', { jku: `${listener}/jwks` }],
    ['x5u', { x5u: `${listener}/certificate` }],
    ['x5c', { x5c: ['MIIB'] }],
    ['x5t', { x5t: 'aaaa' }],
  ]
  return cases.map(([name, extra]) => ({
    name: `a key of the sender's choice by ${name}`,
    fault: 'token_header_refused',
    text: attack(extra),
  }))
}

function criticalHeaders(signer: Signer): JwtThreat[] {
  const cases: object[] = [
    { crit: ['x'], x: 1 },
    { crit: [] },
    { crit: ['b64'] },
    { crit: ['alg'] },
    { b64: false },
    { b64: false, crit: ['b64'] },
    { cty: 'JWT' },
    { zip: 'DEF' },
    { p2c: 2_000_000_000, p2s: 'aaaa' },
    { enc: 'A256GCM' },
  ]
  return cases.map((extra) => ({
    name: `header ${JSON.stringify(extra)}`,
    fault: 'token_header_refused',
    text: signer.token({}, extra as never),
  }))
}

function signatures(signer: Signer): JwtThreat[] {
  const token = signer.token()
  const [header = '', payload = '', signature = ''] = token.split('.')
  const right = Buffer.from(signature, 'base64url')
  const [r, s] = [right.subarray(0, 32), right.subarray(32)]
  const twin = Buffer.concat([r, bytes32(order - BigInt(`0x${s.toString('hex')}`))])
  const zero = Buffer.alloc(32)
  const cases: [string, Buffer][] = [
    ['r = s = 0', Buffer.alloc(64)],
    ['r = 0', Buffer.concat([zero, s])],
    ['s = 0', Buffer.concat([r, zero])],
    ['s = n', Buffer.concat([r, bytes32(order)])],
    ['r = n', Buffer.concat([bytes32(order), s])],
    ['its keyless twin (r, n − s)', twin],
    ['DER', der(r, s)],
    ['63 bytes', right.subarray(0, 63)],
    ['65 bytes', Buffer.concat([right, Buffer.alloc(1)])],
    ['nothing', Buffer.alloc(0)],
    ['a signature of other claims', signer.signature('other')],
  ]
  const wide = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const other = createSigner('ES256', wide).jws({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid }, claims())
  return [...cases, ['one of P-384', Buffer.from(other.split('.')[2] ?? '', 'base64url')] as const].map(
    ([what, bytes]) => ({
      name: `signature: ${what}`,
      fault: 'token_signature_invalid',
      text: `${header}.${payload}.${bytes.toString('base64url')}`,
    }),
  )
}

function der(r: Buffer, s: Buffer): Buffer {
  const integer = (bytes: Buffer) => {
    const value = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes
    return Buffer.concat([Buffer.from([2, value.length]), value])
  }
  const body = Buffer.concat([integer(r), integer(s)])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

/** Other texts that a lenient decoder reads as the same token. */
export function respellings(token: string): { readonly name: string; readonly text: string }[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  const tails = [...Array(16).keys()].map((bits) => alphabet.charAt((last & 0x30) | bits))
  const [header = '', payload = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const twin = Buffer.concat([bytes.subarray(0, 32), bytes32(order - BigInt(`0x${bytes.toString('hex', 32)}`))])
  const renamed = (text: string) => text.replaceAll('-', '+').replaceAll('_', '/')
  const cases: [string, string][] = [
    ...tails
      .filter((tail) => !token.endsWith(tail))
      .map((tail): [string, string] => [`last character ${tail}`, token.slice(0, -1) + tail]),
    ['=', `${token}=`],
    ['==', `${token}==`],
    ['padded header', `${header}=.${payload}.${signature}`],
    ['plain base64', renamed(token) === token ? `${token}+` : renamed(token)],
    ['a space inside', `${header}.${payload}. ${signature}`],
    ['a tab inside', `${header}.${payload.slice(0, 9)}\t${payload.slice(9)}.${signature}`],
    ['the keyless twin', `${header}.${payload}.${twin.toString('base64url')}`],
    ['a fourth, empty part', `${token}.`],
    ['spelt anew', `${encode(`${Buffer.from(header, 'base64url')} `)}.${payload}.${signature}`],
  ]
  return cases.map(([name, text]) => ({ name: `respelt: ${name}`, text }))
}

function spellings(signer: Signer): JwtThreat[] {
  const faultOf = (name: string) => (/twin|anew|tab/.test(name) ? 'token_signature_invalid' : 'token_malformed')
  const spelt = respellings(signer.token()).map(({ name, text }): JwtThreat => ({ name, text, fault: faultOf(name) }))
  const [header, payload, signature] = signer.token().split('.')
  const wide = Buffer.from(JSON.stringify(claims()), 'utf16le').toString('base64url')
  const marked = signer.jws({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid }, `\ufeff${JSON.stringify(claims())}`)
  const text = `${header}.${wide}`
  const malformed: [string, string][] = [
    ['two parts', `${header}.${payload}`],
    ['one part and dots', '..'],
    ['four parts', `${header}.${payload}.${signature}.${signature}`],
    ['five parts', `${header}..${payload}.${signature}.${signature}`],
    ['JSON serialisation', JSON.stringify({ protected: header, payload, signature })],
    ['1 MB', `${header}.${'A'.repeat(1 << 20)}.${signature}`],
    ['more than 8 kB', signer.token({ authorization_details: 'x'.repeat(8192) })],
  ]
  return [
    ...spelt,
    ...malformed.map(([name, text]): JwtThreat => ({ name, text, fault: 'token_malformed' })),
    { name: 'byte order mark', fault: 'token_malformed', text: marked },
    {
      name: 'UTF-16',
      fault: 'token_malformed',
      text: `${text}.${signer.signature(text).toString('base64url')}`,
    },
  ]
}

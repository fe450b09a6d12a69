import { generateKeyPairSync } from 'node:crypto'
import type { TokenFault } from '../src/index.ts'
import { audience, claims, createSigner, encode, hmacToken, issuer, type Signer } from './signer.ts'

/** One line of the table of threats to JWTs (RFC 8725, RFC 9068): a text that must be refused, and why. */
export interface JwtThreat {
  readonly name: string
  readonly fault: TokenFault | 'credential_missing' | 'credential_malformed'
  readonly text: string
}

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const bytes32 = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
const now = () => Math.floor(Date.now() / 1000)

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
    ...shapes(signer),
    ...times(signer),
    ...names(signer),
    ...kinds(signer),
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

function shapes(signer: Signer): JwtThreat[] {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: signer.kid }
  const plain = JSON.stringify(claims())
  const texts: [string, string][] = [
    ['sub twice', plain.replace('{', '{"sub":"c2",')],
    ['sub twice, one escaped', plain.replace('{', '{"s\\u0075b":"c2",')],
    ['a name twice, deep inside', plain.replace('{', '{"act":{"sub":"a","act":{"sub":"b","sub":"c"}},')],
    ['__proto__', plain.replace('{', '{"__proto__":{"scope":"write"},')],
    ['__proto__, escaped', plain.replace('{', '{"__pr\\u006fto__":{},')],
    ['depth', plain.replace('{', `{"a":${'{"a":'.repeat(20)}1${'}'.repeat(20)},`)],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['null', 'null'],
    ['nothing', ' '],
    ['no JSON', 'x'],
    ['more behind the JSON', `${plain}{}`],
    ['invalid UTF-8', plain],
  ]
  return texts.map(([name, text]) => ({
    name: `payload: ${name}`,
    fault: 'token_malformed',
    text: name === 'invalid UTF-8' ? invalidUtf8(signer) : signer.jws(header, text),
  }))
}

function invalidUtf8(signer: Signer): string {
  const payload = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')])
  const text = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid })}.${payload.toString('base64url')}`
  return `${text}.${signer.signature(text).toString('base64url')}`
}

function times(signer: Signer): JwtThreat[] {
  const header = { alg: 'ES256', typ: 'at+jwt', kid: signer.kid }
  const raw = (exp: string) => signer.jws(header, JSON.stringify(claims({ exp: 'EXP' })).replace('"EXP"', exp))
  const invalid = (name: string, text: string): JwtThreat => ({ name, text, fault: 'token_claims_invalid' })
  return [
    invalid('exp missing', signer.token({ exp: undefined })),
    ...['"4102444800"', '4102444800.5', '-1', '0', '1e15', '1e400', '-1e400', 'null', 'true', '[9999999999]'].map(
      (exp) => invalid(`exp ${exp}`, raw(exp)),
    ),
    invalid('exp in ten years', signer.token({ exp: now() + 315_360_000 })),
    invalid('lives for more than a day', signer.token({ exp: now() + 86_401 })),
    invalid('exp before iat', signer.token({ iat: now(), exp: now() - 1 })),
    invalid('iat missing', signer.token({ iat: undefined })),
    invalid('iat as text', signer.token({ iat: String(now()) })),
    invalid('nbf as text', signer.token({ nbf: String(now()) })),
    { name: 'expired', fault: 'token_expired', text: signer.token({ iat: now() - 3661, exp: now() - 61 }) },
    { name: 'nbf to come', fault: 'token_not_yet_valid', text: signer.token({ nbf: now() + 70 }) },
    { name: 'iat to come', fault: 'token_not_yet_valid', text: signer.token({ iat: now() + 70 }) },
  ]
}

function names(signer: Signer): JwtThreat[] {
  const audienceWrong = (name: string, aud: unknown): JwtThreat => ({
    name,
    fault: 'token_audience_wrong',
    text: signer.token({ aud }),
  })
  const issuerWrong = (iss: unknown): JwtThreat => ({
    name: `iss ${JSON.stringify(iss)}`,
    fault: 'token_issuer_wrong',
    text: signer.token({ iss }),
  })
  const claimWrong = (name: string, value: unknown): JwtThreat => ({
    name: `${name} ${JSON.stringify(value)?.slice(0, 40)}`,
    fault: 'token_claims_invalid',
    text: signer.token({ [name]: value }),
  })
  return [
    audienceWrong('aud missing', undefined),
    audienceWrong('aud: ours among others', [audience, 'https://other.test']),
    audienceWrong('aud: ours in a list', [audience]),
    audienceWrong('aud: an object', { [audience]: true }),
    audienceWrong('aud: empty', ''),
    audienceWrong('aud: a prefix of ours', audience.slice(0, -1)),
    audienceWrong('aud: ours and a slash', `${audience}/`),
    ...[`${issuer}/`, issuer.toUpperCase(), 'https://other.test', undefined, [issuer], ''].map(issuerWrong),
    ...[undefined, '', 1, ['c1'], 'a b', 'a\n', 'ü', 'x'.repeat(256)].map((value) => claimWrong('sub', value)),
    ...[undefined, '', 1, 'a\u0000'].map((value) => claimWrong('client_id', value)),
    ...[undefined, '', 1, 'x'.repeat(256)].map((value) => claimWrong('jti', value)),
    ...[1, ['read'], 'read  write', ' read', 'a"b', 'a\\b', 'a\tb'].map((value) => claimWrong('scope', value)),
    ...[{}, [], 'x', { kid: 'x' }, { jkt: 'short' }, { jkt: 'a'.repeat(43), kid: 'x' }].map((value) =>
      claimWrong('cnf', value),
    ),
    ...[1, '', null].map((value) => claimWrong('grant_id', value)),
    ...['x', [1], [''], Array(17).fill('x')].map((value) => claimWrong('origin_jtis', value)),
  ]
}

function kinds(signer: Signer): JwtThreat[] {
  const typed = (typ: unknown): JwtThreat => ({
    name: `typ ${JSON.stringify(typ)}`,
    fault: 'token_type_wrong',
    text: signer.token({}, { typ }),
  })
  return [
    ...['JWT', 'at+JWT', 'AT+JWT', 'id_token', 'dpop+jwt', 'logout+jwt', '', undefined].map(typed),
    { name: 'typ in a list', fault: 'token_malformed', text: signer.token({}, { typ: ['at+jwt'] }) },
    {
      name: 'an ID token',
      fault: 'token_type_wrong',
      text: signer.token({ aud: 'c1', nonce: 'n', at_hash: 'h' }, { typ: 'JWT' }),
    },
    {
      name: 'a JWT in a JWT',
      fault: 'token_malformed',
      text: signer.jws({ alg: 'ES256', typ: 'at+jwt', kid: signer.kid }, signer.token()),
    },
    {
      name: 'JWE',
      fault: 'token_malformed',
      text: `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..AAAA.AAAA.AAAA`,
    },
    {
      name: 'JWE with a costly password',
      fault: 'token_malformed',
      text: `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A256GCM', p2c: 2e9, p2s: 'AAAA' })}.AAAA.AAAA.AAAA.AAAA`,
    },
  ]
}

import type { JwtThreat } from './jwt-threats.ts'
import { audience, claims, encode, issuer, type Signer } from './signer.ts'

const now = () => Math.floor(Date.now() / 1000)

/** The part of the table that is about what a token says; every signature is right. */
export function claimThreats(signer: Signer): JwtThreat[] {
  return [...shapes(signer), ...times(signer), ...names(signer), ...kinds(signer)]
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
    ...[1, ['read'], 'read  write', ' read', 'a"b', 'a\\b', 'a\tb', `${'a '.repeat(2000)}"`].map((value) =>
      claimWrong('scope', value),
    ),
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

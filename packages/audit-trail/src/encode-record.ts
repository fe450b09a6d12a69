import type { Counter, DecisionEntry } from './decision-entry.ts'
import { jsonText } from './json-text.ts'

/** Longest values kept, in UTF-16 units; what is longer is cut. RFC 1035 bounds the host. */
export const bounds = { id: 128, host: 255, ip: 64, method: 32, path: 2048, userAgent: 512, scopes: 64 } as const

/** OCSF API Activity (class 6003) of the schema this version names. */
const OCSF_VERSION = '1.5.0'

const activities: ReadonlyMap<string, number> = new Map([
  ['POST', 1],
  ['GET', 2],
  ['HEAD', 2],
  ['OPTIONS', 2],
  ['PUT', 3],
  ['PATCH', 3],
  ['DELETE', 4],
])
const ACTIVITY_OTHER = 99

/**
 * Builds the encoder of one node's records. Concatenation by hand: one flat string, no object, 4 times faster than
 * JSON.stringify of the same shape. Absent facts are absent members.
 */
export function recordEncoder(node: string, epoch: number, product: string) {
  const nodeText = jsonText(node, bounds.id)
  const uidStart = `${nodeText.slice(0, -1)}.${epoch}.`
  const metadata = `"metadata":{"version":"${OCSF_VERSION}","product":{"name":${jsonText(product, bounds.id)},"vendor_name":"Gatehouse"},"uid":${uidStart}`
  const identity = `"gatehouse":{"schema":1,"node":${nodeText},"epoch":${epoch},"sequence":`

  return function encodeRecord(entry: DecisionEntry, sequence: number): string {
    const activity = activities.get(entry.method ?? '') ?? (entry.method === undefined ? 0 : ACTIVITY_OTHER)
    const allowed = entry.allowed
    return (
      `{"class_uid":6003,"category_uid":6,"activity_id":${activity},"type_uid":${600300 + activity}` +
      (allowed
        ? ',"severity_id":1,"status_id":1,"action_id":1,"status_code":'
        : ',"severity_id":2,"status_id":2,"action_id":2,"status_code":') +
      `${jsonText(entry.reason, bounds.id)},"time":${integer(entry.timeMs)},${metadata}${sequence}",` +
      `"correlation_uid":${jsonText(entry.requestId, bounds.id)}},"actor":{${actor(entry)}},"api":{${api(entry)}},` +
      `"src_endpoint":{${source(entry)}},${http(entry)}${identity}${sequence},"outcome":"${allowed ? 'allow' : 'deny'}",` +
      `"reason":${jsonText(entry.reason, bounds.id)},"audit_mode":"${entry.auditMode}"${facts(entry)}${versions(entry)}}}`
    )
  }
}

function actor({ clientId, userId }: DecisionEntry): string {
  const app = clientId === undefined ? '' : `"app_uid":${jsonText(clientId, bounds.id)}`
  if (userId === undefined) return app
  return `${app}${app && ','}"user":{"uid":${jsonText(userId, bounds.id)}}`
}

function api({ apiId, operationId }: DecisionEntry): string {
  const operation = `"operation":${jsonText(operationId ?? '', bounds.id)}`
  return apiId === undefined ? operation : `${operation},"service":{"name":${jsonText(apiId, bounds.id)}}`
}

function source({ clientIp }: DecisionEntry): string {
  return clientIp === undefined ? '' : `"ip":${jsonText(clientIp, bounds.ip)}`
}

function http({ method, host, path, userAgent, statusCode }: DecisionEntry): string {
  let request = ''
  if (method !== undefined) request = `,"http_method":${jsonText(method, bounds.method)}`
  if (path !== undefined || host !== undefined) {
    const hostname = host === undefined ? '' : `"hostname":${jsonText(withoutCredentials(host), bounds.host)}`
    const where =
      path === undefined ? '' : `${hostname && ','}"path":${jsonText(withoutCredentials(path), bounds.path)}`
    request += `,"url":{${hostname}${where}}`
  }
  if (userAgent !== undefined) request += `,"user_agent":${jsonText(withoutCredentials(userAgent), bounds.userAgent)}`
  const response = statusCode === undefined ? '' : `"http_response":{"code":${integer(statusCode)}},`
  return request === '' ? response : `"http_request":{${request.slice(1)}},${response}`
}

// API keys and operator tokens: `gh_<environment>_<id>_<secret>_<checksum>`, `gho_<secret>`.
const credential = /gh[a-z]?_[A-Za-z0-9_-]{20,}/g

/** A record is read by many and kept for years; a key that somebody put into a path by mistake is not for them. */
function withoutCredentials(text: string): string {
  return text.includes('gh') ? text.replace(credential, '[redacted]') : text
}

function facts(entry: DecisionEntry): string {
  let text =
    id('environment', entry.environmentId) +
    id('api', entry.apiId) +
    id('operation', entry.operationId) +
    id('credential_id', entry.credentialId) +
    id('client_id', entry.clientId) +
    id('subscription_id', entry.subscriptionId) +
    id('plan_id', entry.planId) +
    id('auth_method', entry.authMethod) +
    id('token_id', entry.tokenId) +
    id('grant_id', entry.grantId) +
    id('grant_type', entry.grantType)
  if (entry.scopes !== undefined) text += `,"scopes":[${scopes(entry.scopes)}]`
  if (entry.stalenessMs !== undefined) text += `,"staleness_ms":${integer(entry.stalenessMs)}`
  if (entry.durationUs !== undefined) text += `,"duration_us":${integer(entry.durationUs)}`
  if (entry.rateLimit !== undefined) {
    text +=
      `,"rate_limit":{"limit":${integer(entry.rateLimit)},"remaining":${integer(entry.rateRemaining ?? 0)},` +
      `"reset_ms":${integer(entry.rateResetMs ?? 0)}}`
  }
  return text
}

function versions(entry: DecisionEntry): string {
  const positions =
    count('credential', entry.credentialPosition) +
    count('policy', entry.policyPosition) +
    count('token', entry.tokenPosition)
  const read =
    count('api_key', entry.apiKeyVersion) +
    count('client', entry.clientVersion) +
    count('subscription', entry.subscriptionVersion) +
    count('environment', entry.environmentVersion) +
    count('api', entry.apiVersion) +
    count('plan', entry.planVersion)
  return `,"positions":{${positions.slice(1)}},"versions":{${read.slice(1)}}`
}

function id(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${jsonText(value, bounds.id)}`
}

function count(name: string, value: Counter | undefined): string {
  return value === undefined ? '' : `,"${name}":${typeof value === 'bigint' ? value : integer(value)}`
}

function scopes(values: readonly string[]): string {
  return values
    .slice(0, bounds.scopes)
    .map((scope) => jsonText(scope, bounds.id))
    .join(',')
}

/** NaN and infinities are no JSON; counts are not negative. */
function integer(value: number): number {
  return value > 0 && value < Number.MAX_SAFE_INTEGER ? Math.round(value) : 0
}

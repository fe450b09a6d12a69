import type { Counter, DecisionEntry } from './decision-entry.ts'
import { jsonText } from './json-text.ts'
import { JsonWriter } from './json-writer.ts'
import type { Payload } from './spool/frame.ts'

/** Longest values kept, in UTF-16 units; what is longer is cut. RFC 1035 bounds the host. */
export const bounds = { id: 128, host: 255, ip: 64, method: 32, path: 2048, userAgent: 512, scopes: 64 } as const

/** Above the longest record: every unit of every value escaped in six bytes (64 scopes of 128: 48 KiB). */
const RECORD_BYTES_MAX = 128 << 10

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
 * Builds the encoder of one node's records: ASCII, overwritten by the next record. Absent facts are absent members.
 */
export function recordEncoder(node: string, epoch: number, product: string) {
  const json = new JsonWriter(RECORD_BYTES_MAX)
  const nodeText = jsonText(node, bounds.id)
  const productText = jsonText(product, bounds.id)
  const metadata = `,"metadata":{"version":"${OCSF_VERSION}","product":{"name":${productText},"vendor_name":"Gatehouse"},"uid":${nodeText.slice(0, -1)}.${epoch}.`
  const identity = `,"gatehouse":{"schema":1,"node":${nodeText},"epoch":${epoch},"sequence":`

  return function encodeRecord(entry: DecisionEntry, sequence: number): Payload {
    json.clear()
    activity(json, entry)
    json.raw(metadata)
    json.integer(sequence)
    json.raw('","correlation_uid":')
    json.text(entry.requestId, bounds.id)
    json.close()
    actor(json, entry)
    api(json, entry)
    source(json, entry)
    http(json, entry)
    json.raw(identity)
    json.integer(sequence)
    json.raw(entry.allowed ? ',"outcome":"allow","reason":' : ',"outcome":"deny","reason":')
    json.text(entry.reason, bounds.id)
    json.raw(',"audit_mode":')
    json.text(entry.auditMode, bounds.id)
    facts(json, entry)
    measures(json, entry)
    positions(json, entry)
    versions(json, entry)
    json.raw('}}')
    return json
  }
}

function activity(json: JsonWriter, { method, allowed, reason, timeMs }: DecisionEntry): void {
  const id = method === undefined ? 0 : (activities.get(method) ?? ACTIVITY_OTHER)
  json.raw('{"class_uid":6003,"category_uid":6,"activity_id":')
  json.integer(id)
  json.raw(',"type_uid":')
  json.integer(600300 + id)
  json.raw(
    allowed
      ? ',"severity_id":1,"status_id":1,"action_id":1,"status_code":'
      : ',"severity_id":2,"status_id":2,"action_id":2,"status_code":',
  )
  json.text(reason, bounds.id)
  json.raw(',"time":')
  json.integer(timeMs)
}

function actor(json: JsonWriter, { clientId, userId }: DecisionEntry): void {
  json.raw(',"actor":{')
  id(json, '"app_uid":', clientId)
  if (userId !== undefined) {
    json.name('"user":{"uid":')
    json.text(userId, bounds.id)
    json.close()
  }
  json.close()
}

function api(json: JsonWriter, { apiId, operationId }: DecisionEntry): void {
  json.raw(',"api":{"operation":')
  json.text(operationId ?? '', bounds.id)
  if (apiId !== undefined) {
    json.raw(',"service":{"name":')
    json.text(apiId, bounds.id)
    json.close()
  }
  json.close()
}

function source(json: JsonWriter, { clientIp }: DecisionEntry): void {
  json.raw(',"src_endpoint":{')
  if (clientIp !== undefined) {
    json.raw('"ip":')
    json.text(clientIp, bounds.ip)
  }
  json.close()
}

function http(json: JsonWriter, { method, host, path, userAgent, statusCode }: DecisionEntry): void {
  if (method !== undefined || host !== undefined || path !== undefined || userAgent !== undefined) {
    json.raw(',"http_request":{')
    if (method !== undefined) {
      json.raw('"http_method":')
      json.text(method, bounds.method)
    }
    if (host !== undefined || path !== undefined) url(json, host, path)
    redacted(json, '"user_agent":', userAgent, bounds.userAgent)
    json.close()
  }
  if (statusCode !== undefined) {
    json.raw(',"http_response":{"code":')
    json.integer(statusCode)
    json.close()
  }
}

function url(json: JsonWriter, host: string | undefined, path: string | undefined): void {
  json.name('"url":{')
  redacted(json, '"hostname":', host, bounds.host)
  redacted(json, '"path":', path, bounds.path)
  json.close()
}

// API keys and operator tokens: `gh_<environment>_<id>_<secret>_<checksum>`, `gho_<secret>`.
const credential = /gh[a-z]?_[A-Za-z0-9_-]{20,}/g

/** A record is read by many and kept for years; a key that somebody put into a path by mistake is not for them. */
function redacted(json: JsonWriter, name: string, value: string | undefined, charactersMax: number): void {
  if (value === undefined) return
  json.name(name)
  json.text(value.includes('gh') ? value.replace(credential, '[redacted]') : value, charactersMax)
}

function facts(json: JsonWriter, entry: DecisionEntry): void {
  id(json, '"environment":', entry.environmentId)
  id(json, '"api":', entry.apiId)
  id(json, '"operation":', entry.operationId)
  id(json, '"credential_id":', entry.credentialId)
  id(json, '"client_id":', entry.clientId)
  id(json, '"subscription_id":', entry.subscriptionId)
  id(json, '"plan_id":', entry.planId)
  id(json, '"auth_method":', entry.authMethod)
  id(json, '"token_id":', entry.tokenId)
  id(json, '"grant_id":', entry.grantId)
  id(json, '"grant_type":', entry.grantType)
  if (entry.scopes === undefined) return
  json.raw(',"scopes":[')
  for (let index = 0; index < entry.scopes.length && index < bounds.scopes; index++) {
    if (index > 0) json.raw(',')
    json.text(entry.scopes[index] ?? '', bounds.id)
  }
  json.raw(']')
}

function measures(json: JsonWriter, entry: DecisionEntry): void {
  const { stalenessMs, durationUs, rateLimit, rateRemaining = 0, rateResetMs = 0 } = entry
  if (stalenessMs !== undefined) {
    json.raw(',"staleness_ms":')
    json.integer(stalenessMs)
  }
  if (durationUs !== undefined) {
    json.raw(',"duration_us":')
    json.integer(durationUs)
  }
  if (rateLimit === undefined) return
  json.raw(',"rate_limit":{"limit":')
  json.integer(rateLimit)
  json.raw(',"remaining":')
  json.integer(rateRemaining)
  json.raw(',"reset_ms":')
  json.integer(rateResetMs)
  json.close()
}

function positions(json: JsonWriter, entry: DecisionEntry): void {
  json.raw(',"positions":{')
  count(json, '"credential":', entry.credentialPosition)
  count(json, '"policy":', entry.policyPosition)
  count(json, '"token":', entry.tokenPosition)
  json.close()
}

function versions(json: JsonWriter, entry: DecisionEntry): void {
  json.raw(',"versions":{')
  count(json, '"api_key":', entry.apiKeyVersion)
  count(json, '"client":', entry.clientVersion)
  count(json, '"subscription":', entry.subscriptionVersion)
  count(json, '"environment":', entry.environmentVersion)
  count(json, '"api":', entry.apiVersion)
  count(json, '"plan":', entry.planVersion)
  json.close()
}

function id(json: JsonWriter, name: string, value: string | undefined): void {
  if (value === undefined) return
  json.name(name)
  json.text(value, bounds.id)
}

function count(json: JsonWriter, name: string, value: Counter | undefined): void {
  if (value === undefined) return
  json.name(name)
  json.integer(Number(value))
}

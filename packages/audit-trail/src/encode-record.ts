import type { DecisionEntry } from './decision-entry.ts'
import { jsonText } from './json-text.ts'
import { JsonWriter } from './json-writer.ts'
import { KnownFacts } from './known-facts.ts'
import { bounds } from './record-bounds.ts'
import type { Payload } from './spool/frame.ts'

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
  const known = new KnownFacts()
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
    const facts = known.of(entry)
    json.raw(facts.who)
    source(json, entry)
    http(json, entry)
    json.raw(identity)
    json.integer(sequence)
    json.raw(entry.allowed ? ',"outcome":"allow","reason":' : ',"outcome":"deny","reason":')
    json.text(entry.reason, bounds.id)
    json.raw(',"audit_mode":')
    json.text(entry.auditMode, bounds.id)
    json.raw(facts.which)
    if (entry.tokenId !== undefined) {
      json.raw(',"token_id":')
      json.text(entry.tokenId, bounds.id)
    }
    measures(json, entry)
    positions(json, entry)
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
  json.count('"credential":', entry.credentialPosition)
  json.count('"policy":', entry.policyPosition)
  json.count('"token":', entry.tokenPosition)
  json.close()
}

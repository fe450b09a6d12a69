import type { DecisionEntry } from './decision-entry.ts'
import { JsonWriter } from './json-writer.ts'
import { bounds } from './record-bounds.ts'

/** The parts of a record that are the same for every request with one credential to one operation, as JSON. */
interface Facts {
  readonly who: string
  readonly which: string
}

interface Known extends Facts {
  readonly entry: DecisionEntry
}

const KNOWN_MAX = 1024
/** Above the longest: 64 scopes of 128 units, each escaped in six bytes. */
const FACTS_BYTES_MAX = 96 << 10

/** Writes what was decided on, and keeps it for the next request with the same credential: half of a record. */
export class KnownFacts {
  readonly #json = new JsonWriter(FACTS_BYTES_MAX)
  readonly #known = new Map<string, Known>()

  of(entry: DecisionEntry): Facts {
    const holder = holderOf(entry)
    if (holder === undefined) return this.#write(entry)
    const known = this.#known.get(holder)
    if (known !== undefined && sameFacts(known.entry, entry)) return known
    if (this.#known.size >= KNOWN_MAX) this.#known.clear()
    const facts = { ...this.#write(entry), entry }
    this.#known.set(holder, facts)
    return facts
  }

  #write(entry: DecisionEntry): Facts {
    const json = this.#json
    json.clear()
    actor(json, entry)
    api(json, entry)
    const who = json.toString()
    json.clear()
    facts(json, entry)
    versions(json, entry)
    return { who, which: json.toString() }
  }
}

/** By what facts are kept: tokens of one grant, or of one client for itself, differ in their id alone, which is not here. */
function holderOf({ credentialId, grantId, subscriptionId }: DecisionEntry): string | undefined {
  return credentialId ?? grantId ?? subscriptionId
}

/** Of all that is written here. */
function sameFacts(a: DecisionEntry, b: DecisionEntry): boolean {
  return sameIds(a, b) && sameVersions(a, b)
}

function sameIds(a: DecisionEntry, b: DecisionEntry): boolean {
  return (
    a.environmentId === b.environmentId &&
    a.apiId === b.apiId &&
    a.operationId === b.operationId &&
    a.clientId === b.clientId &&
    a.userId === b.userId &&
    a.subscriptionId === b.subscriptionId &&
    a.planId === b.planId &&
    a.authMethod === b.authMethod &&
    a.grantId === b.grantId &&
    a.grantType === b.grantType &&
    sameScopes(a.scopes, b.scopes)
  )
}

function sameScopes(a: DecisionEntry['scopes'], b: DecisionEntry['scopes']): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && a.length === b.length && a.every((scope, index) => scope === b[index])
}

function sameVersions(a: DecisionEntry, b: DecisionEntry): boolean {
  return (
    a.apiKeyVersion === b.apiKeyVersion &&
    a.clientVersion === b.clientVersion &&
    a.subscriptionVersion === b.subscriptionVersion &&
    a.environmentVersion === b.environmentVersion &&
    a.apiVersion === b.apiVersion &&
    a.planVersion === b.planVersion
  )
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

function facts(json: JsonWriter, entry: DecisionEntry): void {
  id(json, '"environment":', entry.environmentId)
  id(json, '"api":', entry.apiId)
  id(json, '"operation":', entry.operationId)
  id(json, '"credential_id":', entry.credentialId)
  id(json, '"client_id":', entry.clientId)
  id(json, '"subscription_id":', entry.subscriptionId)
  id(json, '"plan_id":', entry.planId)
  id(json, '"auth_method":', entry.authMethod)
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

function versions(json: JsonWriter, entry: DecisionEntry): void {
  json.raw(',"versions":{')
  json.count('"api_key":', entry.apiKeyVersion)
  json.count('"client":', entry.clientVersion)
  json.count('"subscription":', entry.subscriptionVersion)
  json.count('"environment":', entry.environmentVersion)
  json.count('"api":', entry.apiVersion)
  json.count('"plan":', entry.planVersion)
  json.close()
}

function id(json: JsonWriter, name: string, value: string | undefined): void {
  if (value === undefined) return
  json.name(name)
  json.text(value, bounds.id)
}

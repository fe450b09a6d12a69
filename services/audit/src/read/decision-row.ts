import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'

export const DECISION_COLUMNS =
  'position, node, epoch, sequence, time, allowed, reason, environment_id, api_id, operation_id, client_id, credential_id, request_id, json'

export interface DecisionRow {
  readonly position: string
  readonly node: string
  readonly epoch: string
  readonly sequence: string
  readonly time: Date
  readonly allowed: boolean
  readonly reason: string
  readonly environment_id: string | null
  readonly api_id: string | null
  readonly operation_id: string | null
  readonly client_id: string | null
  readonly credential_id: string | null
  readonly request_id: string | null
  readonly json: Buffer
}

export function toDecisionRecord(row: DecisionRow): DecisionRecord {
  return {
    decisionId: `${row.node}.${row.epoch}.${row.sequence}`,
    record: { node: row.node, epoch: BigInt(row.epoch), sequence: BigInt(row.sequence), json: row.json },
    time: row.time,
    allowed: row.allowed,
    reason: row.reason,
    environmentId: row.environment_id ?? '',
    apiId: row.api_id ?? '',
    operationId: row.operation_id ?? '',
    clientId: row.client_id ?? '',
    credentialId: row.credential_id ?? '',
    requestId: row.request_id ?? '',
  }
}

import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { Message } from 'kafkajs'
import { type KafkaRecord, MalformedRecord } from './cloud-event.ts'

const contentType = 'application/json'
const eventType = 'gatehouse.audit.v1.DecisionRecord'

/**
 * A decision record for Kafka: CloudEvents 1.0, Kafka binding, binary mode. The value is the node's own JSON, byte for
 * byte, the key is the node; `ce_id` is the decision id, with `ce_epoch` and `ce_sequence` as extension attributes.
 */
export function toAuditMessage({ node, epoch, sequence, json }: StoredRecord): Message {
  return {
    key: node,
    value: Buffer.from(json.buffer, json.byteOffset, json.byteLength),
    headers: {
      'content-type': contentType,
      ce_specversion: '1.0',
      ce_id: `${node}.${epoch}.${sequence}`,
      ce_source: `gatehouse/node/${node}`,
      ce_type: eventType,
      ce_subject: node,
      ce_epoch: String(epoch),
      ce_sequence: String(sequence),
    },
  }
}

/**
 * Reads what toAuditMessage writes. What the JSON says is for the reader to check.
 * @throws MalformedRecord naming the header that is missing or wrong.
 */
export function fromAuditMessage({ headers, value }: KafkaRecord): StoredRecord {
  const required = (name: string, form: RegExp) => {
    const found = headers[name]?.toString() ?? ''
    if (!form.test(found)) throw new MalformedRecord(`header ${name} is ${JSON.stringify(found.slice(0, 80))}`)
    return found
  }
  if (headers['ce_type']?.toString() !== eventType) throw new MalformedRecord(`ce_type is not ${eventType}`)
  if (value === null) throw new MalformedRecord('the value is null')
  return {
    node: required('ce_subject', /^.+$/s),
    epoch: BigInt(required('ce_epoch', number)),
    sequence: BigInt(required('ce_sequence', number)),
    json: value,
  }
}

const number = /^(0|[1-9][0-9]{0,17})$/

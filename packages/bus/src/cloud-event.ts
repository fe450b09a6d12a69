import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import type { Message } from 'kafkajs'

/** What a Kafka record holds for us, published or fetched. */
export interface KafkaRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: { readonly [name: string]: Buffer | undefined }
}

const contentType = 'application/protobuf'

/** An event as a Kafka record: CloudEvents 1.0, Kafka binding, binary mode; the key is the stream. */
export function toKafkaRecord(source: EventSource, event: RecordedEvent): Message {
  return {
    key: event.stream,
    value: Buffer.from(event.data.buffer, event.data.byteOffset, event.data.byteLength),
    headers: {
      'content-type': contentType,
      ce_specversion: '1.0',
      ce_id: event.eventId,
      ce_source: sourceUri(source),
      ce_type: event.type,
      ce_subject: event.stream,
      ce_sequence: String(event.position),
      ce_streamversion: String(event.version),
      ...(event.recordTime && { ce_time: event.recordTime.toISOString() }),
      ...(event.traceparent && { traceparent: event.traceparent }),
    },
  }
}

/** A record of an event topic that is none of ours. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord'
}

/**
 * Reads what toKafkaRecord writes.
 * @throws MalformedRecord naming the header that is missing or wrong.
 */
export function fromKafkaRecord(source: EventSource, { headers, value }: KafkaRecord): RecordedEvent {
  const text = (name: string) => headers[name]?.toString() ?? ''
  const required = (name: string, form: RegExp = /^.+$/s) => {
    const found = text(name)
    if (!form.test(found)) throw new MalformedRecord(`header ${name} is ${JSON.stringify(found.slice(0, 80))}`)
    return found
  }
  if (required('ce_source') !== sourceUri(source)) throw new MalformedRecord(`ce_source is not ${sourceUri(source)}`)
  if (required('content-type') !== contentType) throw new MalformedRecord(`content-type is not ${contentType}`)
  if (value === null) throw new MalformedRecord('the value is null')
  return {
    position: BigInt(required('ce_sequence', positive)),
    stream: required('ce_subject'),
    version: BigInt(required('ce_streamversion', positive)),
    type: required('ce_type'),
    data: value,
    eventId: required('ce_id'),
    recordTime: headers['ce_time'] && new Date(required('ce_time', instant)),
    traceparent: text('traceparent'),
  }
}

const positive = /^[1-9][0-9]{0,17}$/
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function sourceUri(source: EventSource): string {
  return `gatehouse/${source}`
}

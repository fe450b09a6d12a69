import type { UpstreamConnection } from '../forward/upstream-connection.ts'
import type { ServerConnection } from './connection.ts'
import type { MessageWriter } from './message-writer.ts'
import { Stage } from './stage.ts'

/** The order of a turn: what ends requests before what begins them, and last what both have to send. */
export const upstreamReads = new Stage<UpstreamConnection>((connection) => connection.readInput())
export const clientReads = new Stage<ServerConnection>((connection) => connection.readInput())
export const writes = new Stage<MessageWriter>((writer) => writer.send())

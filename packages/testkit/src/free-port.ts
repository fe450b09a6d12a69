import { unusedPort } from '@gatehouse/standalone/unused-port'

/** A TCP port on 127.0.0.1 that nobody listens on, and that this process has given to nobody. */
export const freePort = () => unusedPort('127.0.0.1')

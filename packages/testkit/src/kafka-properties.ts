/** Where one broker of a cluster is reached. Ports listen on `bind`. */
export interface BrokerAddress {
  /** From 1. */
  readonly node: number
  readonly bind: string
  /** Host by which the brokers reach each other. */
  readonly host: string
  readonly clientPort: number
  readonly brokerPort: number
  readonly controllerPort: number
  /** HOST:PORT that clients are told. */
  readonly advertised: string
}

export const clusterId = 'Z2F0ZWhvdXNlLXRlc3RzMQ'

/**
 * server.properties of one broker that is a controller too. As production wants it where tests can see the difference
 * (three copies, two in sync, no unclean election, no topic by accident); quick where they cannot.
 */
export function brokerProperties(broker: BrokerAddress, cluster: readonly BrokerAddress[]): Record<string, string> {
  const copies = String(Math.min(3, cluster.length))
  const inSync = cluster.length >= 3 ? '2' : '1'
  const { node, bind, host } = broker
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'controller.quorum.voters': cluster.map((each) => `${each.node}@${each.host}:${each.controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: [
      `CLIENT://${bind}:${broker.clientPort}`,
      `INTERNAL://${bind}:${broker.brokerPort}`,
      `CONTROLLER://${bind}:${broker.controllerPort}`,
    ].join(','),
    'advertised.listeners': `CLIENT://${broker.advertised},INTERNAL://${host}:${broker.brokerPort}`,
    'auto.create.topics.enable': 'false',
    'unclean.leader.election.enable': 'false',
    'default.replication.factor': copies,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': '3000',
    'log.cleaner.dedupe.buffer.size': '10485760',
  }
}

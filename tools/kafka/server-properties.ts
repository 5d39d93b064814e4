const HOST = '127.0.0.1'

/** A further listener with its security settings. */
export interface ExtraListener {
  name: string
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  port: number
  /** Advertised port, such as that of a proxy; default: the listener's own. */
  advertisedPort?: number
  /** Properties of this listener, without the prefix of its name. */
  properties: Readonly<Record<string, string>>
}

/** A node of the controller quorum. */
export interface Voter {
  readonly id: number
  readonly controllerPort: number
}

/** Place of a node in its cluster. */
export interface ClusterPlace {
  readonly id: number
  /** Controllers of the cluster; a node that is none of them is only a broker. */
  readonly voters: readonly Voter[]
}

export interface ServerPropertiesOptions {
  /** Ports of clients and controller. */
  port: number
  controllerPort: number
  /** Data folder. */
  logFolder: string
  /** Address to listen on; inside a container not the advertised one. */
  listenHost?: string
  extraListeners?: readonly ExtraListener[]
  /** Additional node properties, such as those of an authorizer. */
  properties?: Readonly<Record<string, string>>
  /** Default: the only node of its cluster. */
  cluster?: ClusterPlace
}

/** Replicas of topics, as far as there are nodes. */
const REPLICATION = 3

/** Listeners for clients by the name of their security protocol; the first is the broker's own. */
function clientListeners(
  options: ServerPropertiesOptions,
): readonly [ExtraListener, ...ExtraListener[]] {
  const { port, extraListeners = [] } = options
  const plain: ExtraListener = { name: 'PLAINTEXT', protocol: 'PLAINTEXT', port, properties: {} }
  return [plain, ...extraListeners] as const
}

function securityOf(listeners: readonly ExtraListener[]): Record<string, string> {
  return Object.fromEntries(
    listeners.flatMap(({ name, properties }) =>
      Object.entries(properties).map(([property, value]) => [
        `listener.name.${name.toLowerCase()}.${property}`,
        value,
      ]),
    ),
  )
}

/**
 * Properties of a node: broker and controller combined, or a further broker. With three controllers
 * topics have three replicas, of which two must acknowledge.
 */
export function serverProperties(options: ServerPropertiesOptions): Record<string, string> {
  const { logFolder, listenHost = HOST, controllerPort } = options
  const { id, voters } = options.cluster ?? { id: 1, voters: [{ id: 1, controllerPort }] }
  const isController = voters.some((voter) => voter.id === id)
  const controller = isController ? [`CONTROLLER://${HOST}:${controllerPort}`] : []
  const replication = String(Math.min(REPLICATION, voters.length))
  const inSync = voters.length < REPLICATION ? '1' : String(REPLICATION - 1)
  const clients = clientListeners(options)
  const listeners = clients.map(({ name, port }) => `${name}://${listenHost}:${port}`)
  const advertised = clients.map(
    ({ name, port, advertisedPort = port }) => `${name}://${HOST}:${advertisedPort}`,
  )
  const protocols = clients.map(({ name, protocol }) => `${name}:${protocol}`)
  return {
    'process.roles': isController ? 'broker,controller' : 'broker',
    'node.id': String(id),
    'controller.quorum.voters': voters
      .map((voter) => `${voter.id}@${HOST}:${voter.controllerPort}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, ...controller].join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...protocols].join(','),
    'inter.broker.listener.name': clients[0].name,
    'log.dirs': logFolder,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // A killed node can rejoin only when its session has expired: 9 s by default.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'default.replication.factor': replication,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replication,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '1',
    ...securityOf(options.extraListeners ?? []),
    ...options.properties,
  }
}

/** Formats the properties as a properties file. */
export function toPropertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => {
      const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
      return `${name}=${escaped}\n`
    })
    .join('')
}

const HOST = '127.0.0.1'

/** A listener beside the first one, with what its security needs. */
export interface ExtraListener {
  name: string
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_SSL'
  port: number
  /** Port that clients are sent to, such as that of a proxy; the listener's own if left out. */
  advertisedPort?: number
  /** Properties of this listener, without the prefix of its name. */
  properties: Readonly<Record<string, string>>
}

export interface ServerPropertiesOptions {
  /** Ports that clients and the node itself see. */
  port: number
  controllerPort: number
  /** Where the broker keeps its data. */
  logFolder: string
  /** Address to listen on; inside a container not the one that clients see. */
  listenHost?: string
  extraListeners?: readonly ExtraListener[]
  /** Further properties of the node, such as those of an authorizer. */
  properties?: Readonly<Record<string, string>>
  /** Controller of another node: this one is a broker beside it, and no controller itself. */
  joinsControllerPort?: number
}

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

/** The configuration of a node by property: broker and controller in one, or a broker beside it. */
export function serverProperties(options: ServerPropertiesOptions): Record<string, string> {
  const { logFolder, listenHost = HOST, joinsControllerPort } = options
  const isSecond = joinsControllerPort !== undefined
  const controllerPort = joinsControllerPort ?? options.controllerPort
  const controller = isSecond ? [] : [`CONTROLLER://${HOST}:${controllerPort}`]
  const clients = clientListeners(options)
  const listeners = clients.map(({ name, port }) => `${name}://${listenHost}:${port}`)
  const advertised = clients.map(
    ({ name, port, advertisedPort = port }) => `${name}://${HOST}:${advertisedPort}`,
  )
  const protocols = clients.map(({ name, protocol }) => `${name}:${protocol}`)
  return {
    'process.roles': isSecond ? 'broker' : 'broker,controller',
    'node.id': isSecond ? '2' : '1',
    'controller.quorum.voters': `1@${HOST}:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, ...controller].join(','),
    'advertised.listeners': advertised.join(','),
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...protocols].join(','),
    'inter.broker.listener.name': clients[0].name,
    'log.dirs': logFolder,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // A node that was killed may come back only when its old session is over: 9 s by default.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    ...securityOf(options.extraListeners ?? []),
    ...options.properties,
  }
}

/** The same as the text of a properties file. */
export function toPropertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => {
      const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
      return `${name}=${escaped}\n`
    })
    .join('')
}

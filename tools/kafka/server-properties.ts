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
  /** Controller of another node: this node is only a broker of its cluster. */
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

/** Properties of a node: broker and controller combined, or a further broker. */
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
    // A killed node can rejoin only when its session has expired: 9 s by default.
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

/** Formats the properties as a properties file. */
export function toPropertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => {
      const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
      return `${name}=${escaped}\n`
    })
    .join('')
}

import type { Socket } from 'node:net'
import { type ISocketFactoryArgs, Kafka, type logCreator, logLevel } from 'kafkajs'
import type { Logger } from '../../model/telemetry.ts'
import { readKafkaError } from './errors.ts'
import { openSocket } from './open-socket.ts'

const CLIENT_ID = 'orderbook-exporter'
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** Connection to the brokers; the same for every client. */
export interface KafkaConnectionOptions {
  /** Each `host:port`. */
  brokers: readonly string[]
  /** PEM texts for TLS; an empty object uses Node's CA certificates; null = no TLS. */
  tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  /** SASL login; null = none. */
  sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/**
 * One set of connections to the brokers. kafkajs takes long to give up on a broker that hangs (and
 * what it has written may arrive later), so this class can destroy the sockets.
 */
export class KafkaClient {
  readonly kafka: Kafka
  readonly #sockets = new Set<Socket>()
  readonly #hasPlainLogin: boolean
  #isDestroyed = false
  /** Last error that kafkajs logged without throwing, while its debug lines are read. */
  #loggedError: Error | null = null

  /**
   * @param options.retries how often kafkajs retries connecting and lookups before it reports an
   *   error: a new broker has no group coordinator until its internal topic exists
   */
  constructor(options: KafkaConnectionOptions & { retries: number }, deps: { logger: Logger }) {
    this.#hasPlainLogin = options.sasl?.mechanism === 'plain'
    this.kafka = new Kafka({
      clientId: CLIENT_ID,
      brokers: [...options.brokers],
      ...(options.tls === null ? {} : { ssl: { ...options.tls, rejectUnauthorized: true } }),
      ...(options.sasl === null ? {} : { sasl: saslOf(options.sasl) }),
      connectionTimeout: 3000,
      authenticationTimeout: 5000,
      requestTimeout: 5000,
      // All options are explicit: the defaults depend on NODE_ENV.
      retry: {
        retries: options.retries,
        initialRetryTime: 100,
        maxRetryTime: 1000,
        factor: 0.2,
        multiplier: 2,
      },
      socketFactory: (args) => this.#connect(args),
      logLevel: logLevel.WARN,
      logCreator: createLogBridge(deps.logger, {
        // Errors of connections that we destroyed ourselves are not logged.
        isQuiet: () => this.#isDestroyed,
        onError: (error) => {
          this.#loggedError = error
        },
      }),
    })
  }

  /**
   * Switches reading of kafkajs's debug lines. While a consumer joins its group only they state why
   * there is no coordinator; afterwards they would cost every request.
   */
  readDebugLines(isOn: boolean): void {
    this.#loggedError = null
    this.kafka.logger().setLogLevel(isOn ? logLevel.DEBUG : logLevel.WARN)
  }

  /** Adds the reason that kafkajs only logged as the `cause` of the error. */
  explain(error: Error): Error {
    const isLost = readKafkaError(error).names.includes('KafkaJSGroupCoordinatorNotFound')
    if (!isLost || this.#loggedError === null) return error
    return new Error(error.message, { cause: this.#loggedError })
  }

  /** Destroys all connections; pending requests fail at once. */
  destroy(): void {
    this.#isDestroyed = true
    for (const socket of this.#sockets) socket.destroy(new Error('connection given up'))
  }

  #connect({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    // The types require `ssl`; without TLS it is null.
    const tls: ISocketFactoryArgs['ssl'] | null | undefined = ssl
    const isInClear = tls === null || tls === undefined
    const socket = openSocket({ host, port, tls: isInClear ? null : tls, onConnect })
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#isDestroyed) socket.destroy(new Error('connection given up'))
    // The configured brokers may refer us to other hosts.
    if (isInClear && this.#hasPlainLogin && !LOOPBACK.test(host)) {
      socket.destroy(new Error(`refusing to send the password in clear text to ${host}`))
    }
    return socket
  }
}

/** kafkajs has a separate type for each mechanism. */
function saslOf({ mechanism, username, password }: NonNullable<KafkaConnectionOptions['sasl']>) {
  const login = { username, password }
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...login } as const
    case 'scram-sha-256':
      return { mechanism, ...login } as const
    case 'scram-sha-512':
      return { mechanism, ...login } as const
  }
}

/** Errors of kafkajs that are normal during a rebalance or on a new broker. */
const EXPECTED =
  /rebalanc|rejoin|coordinator is not aware|group coordinator is not available|not the correct coordinator|response without match|does not host this topic|leader not available|topic creation errors/i
/**
 * Errors that the users of this client log once themselves; kafkajs would repeat them at every
 * attempt.
 */
const LOGGED_BY_CALLERS =
  /^(sasl .* failed|connection|failed to connect|closed connection|crash|failed to send messages|request .* timed out|failed to find group coordinator|the timestamp of the message is|this message has failed its crc|the request included (a )?message)/i

export interface LogBridgeOptions {
  /** While true, everything is logged at debug level. */
  isQuiet: () => boolean
  /** Called with an error from a debug line, which kafkajs may hide from its caller. */
  onError: (error: Error) => void
}

/**
 * Forwards kafkajs's log to ours. The users of the client report their own health, so errors of
 * kafkajs are at most warnings, and messages of every rebalance are at debug level.
 */
function createLogBridge(logger: Logger, options: LogBridgeOptions): logCreator {
  return () => (entry) => {
    const { message } = entry.log
    const extra: Readonly<Record<string, unknown>> = entry.log
    const { error, groupId, broker } = extra
    if (entry.level > logLevel.INFO) {
      // Every request logs several debug lines.
      if (error instanceof Error) options.onError(error)
      return
    }
    const fields = { namespace: entry.namespace, detail: message, error, groupId, broker }
    const isExpected = EXPECTED.test(typeof error === 'string' ? `${message} ${error}` : message)
    const isDebug = isExpected || LOGGED_BY_CALLERS.test(message) || entry.level > logLevel.WARN
    if (options.isQuiet() || isDebug) logger.debug(fields, 'Kafka client')
    else logger.warn(fields, 'Kafka client reported a problem')
  }
}

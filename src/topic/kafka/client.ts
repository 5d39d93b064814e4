import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ISocketFactoryArgs, Kafka, type logCreator, logLevel } from 'kafkajs'
import { messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import { readKafkaError } from './errors.ts'

const CLIENT_ID = 'orderbook-exporter'
const KEEP_ALIVE_MS = 60_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/** How to reach the brokers; the same for every client. */
export interface KafkaConnectionOptions {
  /** `host:port` each. */
  brokers: readonly string[]
  /** PEM texts of TLS, an empty object for TLS with the certificates of Node; null = no TLS. */
  tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  /** Login at the brokers; null = none. */
  sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

/**
 * One set of connections to the brokers. kafkajs takes long to give up a broker that hangs (and lets
 * what it has written arrive later), so the sockets can be cut.
 */
export class KafkaClient {
  readonly kafka: Kafka
  readonly #sockets = new Set<Socket>()
  readonly #hasPlainLogin: boolean
  #isDestroyed = false
  /** The last error that kafkajs logged and did not throw, while its debug lines are read. */
  #loggedError: Error | null = null

  /**
   * @param options.retries How often the client itself tries again to connect and to find things out
   *   before it tells: a group's coordinator is not there before a new broker has made its topic.
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
      // Named in full: the defaults differ by NODE_ENV.
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
        // What it says of connections that we have cut ourselves is no news.
        isQuiet: () => this.#isDestroyed,
        onError: (error) => {
          this.#loggedError = error
        },
      }),
    })
  }

  /**
   * Reads the debug lines of kafkajs or not: while a consumer joins its group they alone say why there
   * is no coordinator; later each request would pay for them.
   */
  readDebugLines(isOn: boolean): void {
    this.#loggedError = null
    this.kafka.logger().setLogLevel(isOn ? logLevel.DEBUG : logLevel.WARN)
  }

  /** The error with its reason as `cause`, where kafkajs has only logged that. */
  explain(error: Error): Error {
    const isLost = readKafkaError(error).names.includes('KafkaJSGroupCoordinatorNotFound')
    if (!isLost || this.#loggedError === null) return error
    return new Error(error.message, { cause: this.#loggedError })
  }

  /** Cuts all connections; whatever still waits for an answer fails at once. */
  destroy(): void {
    this.#isDestroyed = true
    for (const socket of this.#sockets) socket.destroy(new Error('connection given up'))
  }

  #connect({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
    // The types say that `ssl` is always there; without TLS it is null.
    const tls: ISocketFactoryArgs['ssl'] | null | undefined = ssl
    const isInClear = tls === null || tls === undefined
    const serverName = isIP(host) === 0 ? { servername: host } : {}
    const socket = isInClear
      ? connectTcp({ host, port, noDelay: true }, onConnect)
      : connectTls({ host, port, ...serverName, ...tls }, onConnect)
    // kafkajs takes nothing but the message over, which Node leaves empty where it tried several addresses.
    socket.once('error', (error: Error) => {
      error.message = messageOf(error)
    })
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#isDestroyed) socket.destroy(new Error('connection given up'))
    // The brokers of the settings may send us on to others.
    if (isInClear && this.#hasPlainLogin && !LOOPBACK.test(host)) {
      socket.destroy(new Error(`the password is not sent in the clear to ${host}`))
    }
    return socket
  }
}

/** kafkajs wants each mechanism by itself. */
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

/** What kafkajs calls an error, and is the ordinary course of a rebalance or of a new broker. */
const ORDINARY =
  /rebalanc|rejoin|coordinator is not aware|group coordinator is not available|not the correct coordinator|response without match|does not host this topic|leader not available|topic creation errors/i
/** What those who use the client say themselves, once: it would say so at every attempt. */
const SAID_BY_US =
  /^(sasl .* failed|connection|failed to connect|closed connection|crash|failed to send messages|request .* timed out|failed to find group coordinator|the timestamp of the message is|this message has failed its crc|the request included (a )?message)/i

export interface LogBridgeOptions {
  /** While true, everything is for debugging. */
  isQuiet: () => boolean
  /** A debug line tells of an error, which kafkajs may hide from its caller. */
  onError: (error: Error) => void
}

/**
 * Takes kafkajs's words into our log. Whether we can do our job is said by the parts that use the
 * client, so its own errors are at most warnings, and what every rebalance brings is for debugging.
 */
function createLogBridge(logger: Logger, options: LogBridgeOptions): logCreator {
  return () => (entry) => {
    const { message } = entry.log
    const extra: Readonly<Record<string, unknown>> = entry.log
    const { error, groupId, broker } = extra
    if (entry.level > logLevel.INFO) {
      // Each request has several of them.
      if (error instanceof Error) options.onError(error)
      return
    }
    const fields = { namespace: entry.namespace, detail: message, error, groupId, broker }
    const isOrdinary = ORDINARY.test(typeof error === 'string' ? `${message} ${error}` : message)
    const isOurs = isOrdinary || SAID_BY_US.test(message) || entry.level > logLevel.WARN
    if (options.isQuiet() || isOurs) logger.debug(fields, 'Kafka client')
    else logger.warn(fields, 'the Kafka client reports a problem')
  }
}

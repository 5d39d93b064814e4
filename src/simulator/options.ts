import { type CreditRules, PUBLISHED_CREDITS } from './server/rate-limiter.ts'

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Certificate and key of a server, PEM. */
export interface TlsIdentity {
  readonly cert: string
  readonly key: string
}

/** Limits of the exchange. The defaults are published or measured. */
export interface SimulatorLimits {
  readonly credits: CreditRules
  /** Connections of one address at a time; the next one gets HTTP 429. */
  readonly maxConnections: number
  /** Largest frame that a client may send, bytes. */
  readonly maxRequestBytes: number
  /** A connection without subscription, heartbeat and request for this time is terminated, ms. */
  readonly idleTimeoutMs: number
  /** Unread bytes at which a slow client is disconnected. */
  readonly maxBufferedBytes: number
}

export interface ReplayOptions {
  /** Path of a recording, `.jsonl` or `.jsonl.gz`. */
  readonly file?: string
  /** The recording's lines themselves, instead of a file. */
  readonly lines?: readonly string[]
  /** 1 = as recorded, 2 = twice as fast, 0 = as fast as possible. */
  readonly speed?: number
  /** Frames are sent only by `replay.step()`. */
  readonly isStepped?: boolean
  readonly isLooped?: boolean
  /** Keeps the recorded `timestamp`s. */
  readonly keepsTime?: boolean
}

export interface SimulatorOptions {
  /** Listen address. Default `127.0.0.1`; in a container `0.0.0.0`. */
  readonly host?: string
  /** For clients that require wss://; undefined to serve ws://. */
  readonly tls?: TlsIdentity
  /** 0, the default, picks a free port. */
  readonly port?: number
  /** Port of the control server on 127.0.0.1, 0 for a free one; undefined for none. */
  readonly controlPort?: number
  /** First segment of the control server's paths: letters, digits, `-`, `_`. Default: random. */
  readonly id?: string
  /** Instrument names, or a number of instruments of the built-in list. Default 16. */
  readonly instruments?: readonly string[] | number
  /** Changes of books a second, over all instruments. Default 2 per instrument. */
  readonly ratePerSecond?: number
  /** Scenarios that are active from the start: `gap,skew=+5000,stall@BTC-PERPETUAL`. */
  readonly scenario?: string
  readonly replay?: ReplayOptions
  /** The same seed gives the same books. Default 1. */
  readonly seed?: number
  /**
   * Probability, 0 to 1, that the next move of the mid-price follows the imbalance of the best
   * levels: a market with a known signal, 0.5 for none. Default: realistic books without a known
   * one.
   */
  readonly signalStrength?: number
  /** Value of the field `testnet` in every answer. Default false. */
  readonly isTestnet?: boolean
  /**
   * Snapshots are padded to about this size with an unknown field, bytes. Default 0: no padding.
   */
  readonly frameBytes?: number
  /**
   * How long the best levels of each book are kept for `reference()`, ms. Default 10,000; 0 to
   * disable.
   */
  readonly historyMs?: number
  /** Accounts that may log in. Default: `simulator` with `SIM_SECRET_KEY_0001`. */
  readonly credentials?: readonly Credentials[]
  /**
   * Allows subscriptions of `raw` channels without a login. Default false, as on the exchange
   * since January 2022.
   */
  readonly isRawOpen?: boolean
  readonly limits?: Partial<SimulatorLimits>
}

export const DEFAULT_LIMITS: SimulatorLimits = {
  credits: PUBLISHED_CREDITS,
  maxConnections: 32,
  maxRequestBytes: 32_768,
  idleTimeoutMs: 60_500,
  maxBufferedBytes: 64 << 20,
}

export const DEFAULT_CREDENTIALS = [
  { clientId: 'simulator', clientSecret: 'SIM_SECRET_KEY_0001' },
] as const satisfies readonly Credentials[]

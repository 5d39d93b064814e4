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

/** What the exchange refuses, and when; the defaults are the published or measured numbers. */
export interface SimulatorLimits {
  readonly credits: CreditRules
  /** Connections of one address at a time; the next one gets HTTP 429. */
  readonly maxConnections: number
  /** Largest frame that a client may send, bytes. */
  readonly maxRequestBytes: number
  /** A connection with no subscription, no heartbeat and no request for this long is cut. */
  readonly idleTimeoutMs: number
  /** Unread bytes at which a slow client is cut off. */
  readonly maxBufferedBytes: number
}

export interface ReplayOptions {
  /** Path of a recording, `.jsonl` or `.jsonl.gz`. */
  readonly file?: string
  /** The recording's lines themselves, instead of a file. */
  readonly lines?: readonly string[]
  /** 1 = as recorded, 2 = twice as fast, 0 = as fast as possible. */
  readonly speed?: number
  /** Nothing is sent but by `replay.step()`. */
  readonly isStepped?: boolean
  readonly isLooped?: boolean
  /** Leaves the recorded `timestamp`s as they are. */
  readonly keepsTime?: boolean
}

export interface SimulatorOptions {
  /** Address that clients reach it at. Default `127.0.0.1`; in a container `0.0.0.0`. */
  readonly host?: string
  /** For clients that refuse ws://; undefined for none. */
  readonly tls?: TlsIdentity
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Port of the control server on 127.0.0.1, 0 for a free one; undefined for none. */
  readonly controlPort?: number
  /** What the paths of the control server start with: letters, digits, `-`, `_`. Default: random. */
  readonly id?: string
  /** Names, or how many of the built-in list. Default 16. */
  readonly instruments?: readonly string[] | number
  /** Changes of books a second, over all instruments. Default 2 per instrument. */
  readonly ratePerSecond?: number
  /** Scenarios from the start: `gap,skew=+5000,stall@BTC-PERPETUAL`. */
  readonly scenario?: string
  readonly replay?: ReplayOptions
  /** The same seed gives the same books. Default 1. */
  readonly seed?: number
  /** The flag in every answer. Default false. */
  readonly isTestnet?: boolean
  /** Snapshots are padded to about this size with an unknown field, bytes. Default 0: not at all. */
  readonly frameBytes?: number
  /** How long `truth()` remembers the top of each book, ms. Default 10,000; 0 for not at all. */
  readonly historyMs?: number
  /** Accounts that may log in. Default: `simulator` with `SIM_SECRET_KEY_0001`. */
  readonly credentials?: readonly Credentials[]
  /** Lets `raw` channels be subscribed without a login. Default false, as since January 2022. */
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

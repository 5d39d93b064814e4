import { Type, type Static, type TSchema } from 'typebox'
import {
  integer,
  list,
  oneOf,
  pemFile,
  text,
  type OtherDefault,
  type SettingOptions,
} from './setting-types.ts'

const TOPIC_NAME = '^(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}$'
const TOPIC_NAME_ALLOWED = 'a Kafka topic name: 1 to 249 of A-Z a-z 0-9 . _ -'
const PORT =
  '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])'
// IPv6 addresses are not supported: kafkajs splits at the first colon.
const BROKER = `^[A-Za-z0-9._-]+:${PORT}$`
const INSTRUMENT = '^([A-Za-z0-9_-]{1,64}|(future|option|spot|any):([A-Z]{2,10}|any))$'
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const MAX_SAFE = Number.MAX_SAFE_INTEGER
const DAY_MS = 86_400_000

/** The schema of the environment: type, default, range and description of every variable. */
export const SettingsSchema = Type.Object({
  ROLE: oneOf(
    ['all', 'producer', 'consumer'],
    'all',
    'producer = exchange to topic; consumer = topic to metrics and API; all = both in one process',
  ),
  DERIBIT_URL: text('^wss?://[^\\s/?#@]+(/[^\\s?#]*)?$', {
    default: 'wss://www.deribit.com/ws/api/v2',
    description: 'WebSocket URL of the exchange',
    allowed: 'a ws:// or wss:// URL without user, query or fragment',
  }),
  HTTPS_PROXY: Type.Optional(
    text('^\\S{1,2048}$', {
      description:
        'HTTP proxy for the exchange, or the file HTTPS_PROXY_FILE with its address; https_proxy is read too',
      allowed: 'the http:// or https:// address of a proxy: [user:password@]host[:port]',
      redactsUser: true,
      alias: 'https_proxy',
    }),
  ),
  NO_PROXY: Type.Optional(
    text('^[^\\x00-\\x1f]{1,8192}$', {
      description: 'hosts that are reached without the proxy; no_proxy is read too',
      allowed:
        'host names, .suffixes, IP addresses, ranges such as 10.0.0.0/8, optionally with :port, or *',
      alias: 'no_proxy',
    }),
  ),
  DERIBIT_CLIENT_ID: Type.Optional(
    text('^[\\x21-\\x7e]{1,200}$', {
      description: 'client id at the exchange, required only for BOOK_INTERVAL=raw',
      allowed: '1 to 200 printable characters without spaces',
    }),
  ),
  DERIBIT_CLIENT_SECRET: Type.Optional(
    text('^[\\x21-\\x7e]{1,200}$', {
      description: 'client secret, or the file DERIBIT_CLIENT_SECRET_FILE with it',
      allowed: '1 to 200 printable characters without spaces',
      isSecret: true,
    }),
  ),
  INSTRUMENTS: list(Type.String({ pattern: INSTRUMENT }), {
    default: ['BTC-PERPETUAL', 'ETH-PERPETUAL'],
    description:
      'instrument names (also of combos) and selectors kind:currency such as future:BTC, any:any',
    allowed:
      'names of A-Z a-z 0-9 _ - and selectors future|option|spot|any:CURRENCY, separated by commas, each once',
  }),
  MAX_INSTRUMENTS: integer(
    1,
    100_000,
    3000,
    'maximum number of instruments; those over the limit are logged and counted',
  ),
  BOOK_MODE: oneOf(
    ['grouped', 'incremental'],
    'grouped',
    'grouped = snapshots of the best levels; incremental = every change of the full book',
  ),
  BOOK_GROUP: text('^(none|[1-9][0-9]{0,3})$', {
    default: 'none',
    description: 'price grouping of the book channel, grouped mode only',
    allowed: 'none, or a whole number such as 1, 2, 5, 10, 25, 100, 250',
  }),
  BOOK_DEPTH: Type.Union([Type.Literal(1), Type.Literal(10), Type.Literal(20)], {
    default: 10,
    description: 'levels per side, grouped mode only',
    allowed: 'one of 1, 10, 20',
  } satisfies SettingOptions),
  BOOK_INTERVAL: oneOf(
    ['100ms', 'agg2', 'raw'],
    '100ms',
    'notification interval; raw = every change, requires incremental mode and credentials',
  ),
  TRADES: Type.Boolean({
    default: true,
    description: 'also subscribe to the trades of every instrument',
    allowed: 'true or false',
  } satisfies SettingOptions),
  KAFKA_BROKERS: Type.Optional(
    list(Type.String({ pattern: BROKER }), {
      description: 'brokers; unset = in-process topic (ROLE=all only)',
      allowed: 'host:port with a name or an IPv4 address, separated by commas, each once',
    }),
  ),
  KAFKA_SSL: Type.Boolean({
    default: false,
    description: 'TLS to the brokers',
    allowed: 'true or false',
  } satisfies SettingOptions),
  KAFKA_SSL_CA_FILE: pemFile(
    'CA certificates for the brokers, instead of the default certificates',
  ),
  KAFKA_SSL_CERT_FILE: pemFile('client certificate for the brokers (mTLS)'),
  KAFKA_SSL_KEY_FILE: pemFile('key of that certificate, without a passphrase'),
  KAFKA_SASL_MECHANISM: Type.Optional(
    Type.Unsafe<(typeof SASL_MECHANISMS)[number]>(
      Type.Union(
        SASL_MECHANISMS.map((value) => Type.Literal(value)),
        {
          description: 'SASL mechanism for the brokers',
          allowed: `one of ${SASL_MECHANISMS.join(', ')}`,
        } satisfies SettingOptions,
      ),
    ),
  ),
  KAFKA_SASL_USERNAME: Type.Optional(
    text('^\\S.{0,254}$', { description: 'SASL user name', allowed: '1 to 255 characters' }),
  ),
  KAFKA_SASL_PASSWORD: Type.Optional(
    text('^.{1,1024}$', {
      description: 'SASL password, or the file KAFKA_SASL_PASSWORD_FILE with it',
      allowed: '1 to 1024 characters',
      isSecret: true,
    }),
  ),
  KAFKA_TOPIC: text(TOPIC_NAME, {
    default: 'prices',
    description: 'topic of the book notifications',
    allowed: TOPIC_NAME_ALLOWED,
  }),
  KAFKA_TRADES_TOPIC: text(TOPIC_NAME, {
    default: 'trades',
    description: 'topic of the trade notifications',
    allowed: TOPIC_NAME_ALLOWED,
  }),
  KAFKA_NUMBERS_TOPIC: Type.Optional(
    text(TOPIC_NAME, {
      description: 'topic that the consumer writes the numbers of the live books to; unset = none',
      allowed: TOPIC_NAME_ALLOWED,
    }),
  ),
  KAFKA_PARTITIONS: integer(1, 10_000, 4, 'partitions of a created topic'),
  KAFKA_REPLICATION_FACTOR: integer(1, 100, 1, 'replication factor of a created topic'),
  KAFKA_RETENTION_MS: integer(60_000, MAX_SAFE, 3_600_000, 'retention of a created topic'),
  KAFKA_RETENTION_BYTES: integer(
    1_048_576,
    MAX_SAFE,
    4_294_967_296,
    'retention per partition of a created topic',
  ),
  KAFKA_GROUP_ID: text('^[^\\s,]{1,249}$', {
    default: 'orderbook-exporter',
    description: 'consumer group; members with the same id share the partitions',
    allowed: '1 to 249 characters without spaces and commas',
  }),
  KAFKA_ACKS: oneOf(['all', '1'], 'all', 'acknowledgements that a produce request waits for'),
  PRODUCER_LINGER_MS: integer(
    0,
    1000,
    5,
    'maximum time that a record waits for its batch; up to 4 times that while the process is busy',
  ),
  PRODUCER_BATCH_MAX_RECORDS: integer(1, 10_000, 1000, 'maximum number of records in a batch'),
  PRODUCER_QUEUE_MAX_BYTES: integer(
    1_048_576,
    17_179_869_184,
    67_108_864,
    'limit for the bytes of queued and in-flight records',
  ),
  PRODUCER_SHARD: text('^[0-9]{1,4}/[1-9][0-9]{0,3}$', {
    default: '0/1',
    description: 'shard i/n of the instruments that this producer subscribes to',
    allowed: 'i/n with whole numbers, i below n, n up to 9999',
  }),
  CHECKPOINT_MS: integer(
    100,
    300_000,
    2000,
    'a book without a record for this long gets a checkpoint',
  ),
  CHECKPOINT_SNAPSHOT_MS: integer(
    1000,
    3_600_000,
    30_000,
    'interval of snapshot checkpoints of every book',
  ),
  WARMUP_MS: integer(
    1000,
    86_400_000,
    60_000,
    'how far back a consumer reads newly assigned partitions',
  ),
  WARMUP_MAX_RECORDS: integer(
    1,
    100_000_000,
    50_000,
    'limit of that warm start per partition, in records',
  ),
  STALE_AFTER_MS: integer(
    1000,
    600_000,
    5000,
    'a book that is not verified for this long becomes stale',
  ),
  INSTRUMENT_SILENCE_MS: integer(
    1000,
    3_600_000,
    60_000,
    'a book without updates for this long is probed',
  ),
  MAX_RECORD_AGE_MS: integer(
    500,
    600_000,
    5000,
    'records older than this update the books but publish no values',
  ),
  IMBALANCE_DEPTHS: list(Type.Integer({ minimum: 1, maximum: 1000 }), {
    default: [1, 5, 10],
    maxItems: 10,
    description: 'depths at which imbalance is computed',
    allowed: 'at most 10 whole numbers from 1 to 1000, separated by commas, each once',
  }),
  BANDS_BPS: list(Type.Number({ minimum: 0.01, maximum: 5000 }), {
    // Ten levels of a perpetual do not cover more.
    default: [0.5, 1, 2],
    otherDefault: { where: ['BOOK_MODE', 'incremental'], default: [5, 10, 25] },
    maxItems: 10,
    description: 'bands around the mid-price, in basis points, in which depth is summed',
    allowed:
      'at most 10 numbers from 0.01 to 5000 with at most two decimals, separated by commas, each once',
  }),
  WINDOWS_MS: list(Type.Integer({ minimum: 100, maximum: 600_000 }), {
    default: [1000, 10_000, 60_000],
    maxItems: 10,
    description: 'windows of flow, volatility and extremes; volatility requires 10000 or more',
    allowed: 'at most 10 whole numbers from 100 to 600000, separated by commas, each once',
  }),
  SIGNALS: oneOf(
    ['auto', 'true', 'false'],
    'auto',
    'measure whether the imbalance predicts the price; auto = up to 20 instruments',
  ),
  SIGNAL_HORIZONS_MS: list(Type.Integer({ minimum: 1000, maximum: 600_000, multipleOf: 1000 }), {
    default: [1000, 10_000, 60_000],
    maxItems: 3,
    description: 'times after which a signal is compared with the price',
    allowed: 'at most 3 multiples of 1000 from 1000 to 600000, separated by commas, each once',
  }),
  SIGNAL_WINDOW_MS: Type.Integer({
    minimum: 100_000,
    maximum: 86_400_000,
    multipleOf: 1000,
    default: 3_600_000,
    description: 'window of correlations and forecast errors, half-life of the micro-price',
    allowed: 'a multiple of 1000 from 100000 to 86400000',
  } satisfies SettingOptions & { minimum: number; maximum: number }),
  METRICS_DETAIL: oneOf(
    ['full', 'core', 'auto'],
    'auto',
    'series per instrument; auto = full up to 80 instruments, else core',
  ),
  HTTP_HOST: text('^[A-Za-z0-9.:_-]{1,255}$', {
    default: '127.0.0.1',
    description: 'listen address',
    allowed: 'a host name or an IP address',
  }),
  HTTP_PORT: integer(0, 65_535, 9464, 'listen port; 0 = any free port'),
  HTTP_TLS_CERT_FILE: pemFile('certificate of the HTTP server with its chain; enables https'),
  HTTP_TLS_KEY_FILE: pemFile('key of that certificate, without a passphrase'),
  HTTP_AUTH_TOKEN: Type.Optional(
    text('^[\\x21-\\x7e]{1,1024}$', {
      description: 'bearer token that clients must send, or the file HTTP_AUTH_TOKEN_FILE with it',
      allowed: '1 to 1024 printable characters without spaces',
      isSecret: true,
    }),
  ),
  LOG_LEVEL: oneOf(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'minimum level of log messages',
  ),
  TRACE_SLOW_MS: integer(
    1,
    600_000,
    500,
    'updates slower than this are always traced, if tracing is on',
  ),
  SHUTDOWN_TIMEOUT_MS: integer(100, DAY_MS, 10_000, 'time limit of a clean shutdown'),
})

export type Settings = Static<typeof SettingsSchema>
export type SettingName = keyof Settings

/** Names in the order of `--help`. */
export const SETTING_NAMES = Object.keys(SettingsSchema.properties) as SettingName[]

/** The parts of a setting's schema that are read at runtime. */
export interface SettingShape {
  readonly type?: string
  readonly items?: SettingShape
  readonly anyOf?: readonly { readonly const?: unknown }[]
  readonly default?: unknown
  readonly description?: string
  readonly allowed?: string
  readonly isSecret?: boolean
  readonly redactsUser?: boolean
  readonly alias?: string
  readonly otherDefault?: OtherDefault
}

/** Whether the value may come from the file named by `<NAME>_FILE`. */
export function mayComeFromFile(name: SettingName): boolean {
  const { isSecret = false, redactsUser = false } = settingShape(name)
  return isSecret || redactsUser
}

export function settingShape(name: SettingName): SettingShape & TSchema {
  const schema: TSchema = SettingsSchema.properties[name]
  return schema
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { configHash, describeConfig, readConfig, settingsHelp } from '../../src/config/config.ts'
import { SETTING_NAMES } from '../../src/config/settings.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

type Environment = Record<string, string | undefined>

/** The problems that the service prints when it starts with this environment. */
function problemsOf(environment: Environment, isStrict = false): unknown {
  try {
    readConfig(environment, { isStrict })
  } catch (error) {
    if (error instanceof AppError && error.code === 'ERR_CONFIG_INVALID') {
      return error.context['problems']
    }
    throw error
  }
  return []
}

function warningsOf(environment: Environment): readonly string[] {
  return readConfig(environment, { isStrict: false }).warnings
}

const BROKERS = 'host:port with a name or an IPv4 address, separated by commas, each once'
const TOPIC = 'a Kafka topic name: 1 to 249 of A-Z a-z 0-9 . _ -'
const NAMES =
  'names of A-Z a-z 0-9 _ - and selectors future|option|spot|any:CURRENCY, separated by commas, each once'
const BANDS =
  'at most 10 numbers from 0.01 to 5000 with at most two decimals, separated by commas, each once'
const WINDOWS = 'at most 10 whole numbers from 100 to 600000, separated by commas, each once'
const HORIZONS = 'at most 3 multiples of 1000 from 1000 to 600000, separated by commas, each once'
const DEPTHS = 'at most 10 whole numbers from 1 to 1000, separated by commas, each once'
const KAFKA_LOGIN = {
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: 'me',
  KAFKA_SASL_PASSWORD: 'hunter2',
}
const LOGIN = { DERIBIT_CLIENT_ID: 'me', DERIBIT_CLIENT_SECRET: 'hunter2' }
const URL_ALLOWED = 'a ws:// or wss:// URL without user, query or fragment'

const BAD: readonly [why: string, environment: Environment, problems: string[]][] = [
  [
    'a role that does not exist',
    { ROLE: 'both' },
    ['ROLE="both" is invalid (expected one of all, producer, consumer)'],
  ],
  [
    'a role in capitals',
    { ROLE: 'ALL' },
    ['ROLE="ALL" is invalid (expected one of all, producer, consumer)'],
  ],
  [
    'a consumer without brokers',
    { ROLE: 'consumer' },
    [`KAFKA_BROKERS is required when ROLE=consumer (expected ${BROKERS})`],
  ],
  [
    'a producer whose brokers are empty',
    { ROLE: 'producer', KAFKA_BROKERS: '' },
    [`KAFKA_BROKERS is required when ROLE=producer (expected ${BROKERS})`],
  ],
  [
    'a slowness of nothing',
    { TRACE_SLOW_MS: '0' },
    ['TRACE_SLOW_MS="0" is invalid (expected a whole number from 1 to 600000)'],
  ],
  [
    'an address for traces that is none, with a password that is not repeated',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://me:hunter2@collector:4317' },
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT="grpc://[redacted]@collector:4317" is invalid (expected an http:// or https:// address)',
    ],
  ],
  [
    'a number below its range',
    { STALE_AFTER_MS: '999' },
    ['STALE_AFTER_MS="999" is invalid (expected a whole number from 1000 to 600000)'],
  ],
  [
    'a number above its range',
    { HTTP_PORT: '65536' },
    ['HTTP_PORT="65536" is invalid (expected a whole number from 0 to 65535)'],
  ],
  [
    'a negative number',
    { HTTP_PORT: '-1' },
    ['HTTP_PORT="-1" is invalid (expected a whole number from 0 to 65535)'],
  ],
  [
    'a fraction',
    { PRODUCER_LINGER_MS: '0.5' },
    ['PRODUCER_LINGER_MS="0.5" is invalid (expected a whole number from 0 to 1000)'],
  ],
  [
    'a number with a unit',
    { MAX_INSTRUMENTS: '10k' },
    ['MAX_INSTRUMENTS="10k" is invalid (expected a whole number from 1 to 100000)'],
  ],
  [
    'scientific notation',
    { MAX_INSTRUMENTS: '1e3' },
    ['MAX_INSTRUMENTS="1e3" is invalid (expected a whole number from 1 to 100000)'],
  ],
  [
    'a number in hexadecimal',
    { MAX_INSTRUMENTS: '0x10' },
    ['MAX_INSTRUMENTS="0x10" is invalid (expected a whole number from 1 to 100000)'],
  ],
  [
    'a number beyond what a double holds',
    { KAFKA_RETENTION_BYTES: '9007199254740993' },
    [
      'KAFKA_RETENTION_BYTES="9007199254740993" is invalid (expected a whole number from 1048576 to 9007199254740991)',
    ],
  ],
  [
    'a number of 400 digits',
    { KAFKA_RETENTION_MS: '9'.repeat(400) },
    [
      `KAFKA_RETENTION_MS="${'9'.repeat(400)}" is invalid (expected a whole number from 60000 to 9007199254740991)`,
    ],
  ],
  [
    'a depth that the exchange has not',
    { BOOK_DEPTH: '5' },
    ['BOOK_DEPTH="5" is invalid (expected one of 1, 10, 20)'],
  ],
  [
    'an interval that needs credentials',
    { BOOK_INTERVAL: '1s' },
    ['BOOK_INTERVAL="1s" is invalid (expected one of 100ms, agg2, raw)'],
  ],
  [
    'raw snapshots, which the exchange does not have',
    { BOOK_INTERVAL: 'raw', ...LOGIN },
    ['BOOK_INTERVAL="raw" is invalid (expected 100ms or agg2 with BOOK_MODE=grouped)'],
  ],
  [
    'raw books without a login',
    { BOOK_INTERVAL: 'raw', BOOK_MODE: 'incremental' },
    [
      'BOOK_INTERVAL="raw" is invalid (expected 100ms or agg2 without DERIBIT_CLIENT_ID and DERIBIT_CLIENT_SECRET)',
    ],
  ],
  [
    'a share that is not one of them',
    { PRODUCER_SHARD: '2/2' },
    ['PRODUCER_SHARD="2/2" is invalid (expected i/n with whole numbers, i below n, n up to 9999)'],
  ],
  [
    'an id without its secret',
    { DERIBIT_CLIENT_ID: 'me' },
    [
      'DERIBIT_CLIENT_SECRET is required when DERIBIT_CLIENT_ID is set (expected 1 to 200 printable characters without spaces)',
    ],
  ],
  [
    'a secret that would travel in the clear',
    { ...LOGIN, DERIBIT_URL: 'ws://exchange.example/ws/api/v2' },
    [
      'DERIBIT_URL="ws://exchange.example/ws/api/v2" is invalid (expected wss:// with a login, because ws:// sends the secret unencrypted)',
    ],
  ],
  [
    'a secret with a blank, without repeating it',
    { DERIBIT_CLIENT_ID: 'me', DERIBIT_CLIENT_SECRET: 'a b' },
    [
      'DERIBIT_CLIENT_SECRET="[redacted]" is invalid (expected 1 to 200 printable characters without spaces)',
    ],
  ],
  [
    'a secret and its file',
    { ...LOGIN, DERIBIT_CLIENT_SECRET_FILE: '/run/secrets/x' },
    [
      'DERIBIT_CLIENT_SECRET_FILE="/run/secrets/x" is invalid (expected no value when DERIBIT_CLIENT_SECRET is set)',
    ],
  ],
  [
    'a file of a secret that is not there',
    { DERIBIT_CLIENT_ID: 'me', DERIBIT_CLIENT_SECRET_FILE: '/no/such' },
    [
      'DERIBIT_CLIENT_SECRET_FILE="/no/such" is invalid (expected a readable file): ENOENT: no such file or directory, open \'/no/such\'',
    ],
  ],
  [
    'a broker by its IPv6 address, which the client cannot take',
    { KAFKA_BROKERS: '[::1]:9092' },
    [
      'KAFKA_BROKERS="[::1]:9092" is invalid (expected host:port with a name or an IPv4 address, separated by commas, each once)',
    ],
  ],
  [
    'a file of TLS without TLS',
    { KAFKA_BROKERS: 'a:1', KAFKA_SSL_CA_FILE: '/ca.pem' },
    ['KAFKA_SSL_CA_FILE="/ca.pem" is invalid (expected no value unless KAFKA_SSL=true)'],
  ],
  [
    'TLS and a login without brokers',
    { KAFKA_SSL: 'true', ...KAFKA_LOGIN },
    [
      'KAFKA_SSL="true" is invalid (expected false without KAFKA_BROKERS)',
      'KAFKA_SASL_MECHANISM="plain" is invalid (expected no value without KAFKA_BROKERS)',
    ],
  ],
  [
    'files of TLS that are not there, or half of them',
    {
      KAFKA_BROKERS: 'a:1',
      KAFKA_SSL: 'true',
      KAFKA_SSL_CA_FILE: '/no/ca.pem',
      KAFKA_SSL_CERT_FILE: '/no/cert.pem',
    },
    [
      'KAFKA_SSL_KEY_FILE is required when KAFKA_SSL_CERT_FILE is set (expected the path of a readable PEM file)',
      `KAFKA_SSL_CA_FILE="/no/ca.pem" is invalid (expected the path of a readable PEM file): ENOENT: no such file or directory, open '/no/ca.pem'`,
      `KAFKA_SSL_CERT_FILE="/no/cert.pem" is invalid (expected the path of a readable PEM file): ENOENT: no such file or directory, open '/no/cert.pem'`,
    ],
  ],
  [
    'half of what the HTTP server needs for TLS',
    { HTTP_TLS_CERT_FILE: '/no/cert.pem' },
    [
      'HTTP_TLS_KEY_FILE is required when HTTP_TLS_CERT_FILE is set (expected the path of a readable PEM file)',
      `HTTP_TLS_CERT_FILE="/no/cert.pem" is invalid (expected the path of a readable PEM file): ENOENT: no such file or directory, open '/no/cert.pem'`,
    ],
  ],
  [
    'a token that no header can hold, which is not repeated',
    { HTTP_AUTH_TOKEN: 'hunter 2' },
    [
      'HTTP_AUTH_TOKEN="[redacted]" is invalid (expected 1 to 1024 printable characters without spaces)',
    ],
  ],
  [
    'a mechanism without a user',
    { KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'scram-sha-256' },
    [
      'KAFKA_SASL_USERNAME is required when KAFKA_SASL_MECHANISM is set (expected 1 to 255 characters)',
    ],
  ],
  [
    'a mechanism that nobody knows',
    { KAFKA_BROKERS: 'a:1', ...KAFKA_LOGIN, KAFKA_SASL_MECHANISM: 'kerberos' },
    [
      'KAFKA_SASL_MECHANISM="kerberos" is invalid (expected one of plain, scram-sha-256, scram-sha-512)',
    ],
  ],
  [
    'a password that would travel in the clear',
    { KAFKA_BROKERS: '127.0.0.1:1,broker.example:9092', ...KAFKA_LOGIN },
    [
      'KAFKA_SSL="false" is invalid (expected true with KAFKA_SASL_MECHANISM=plain, which sends the password unencrypted)',
    ],
  ],
  [
    'a selector of no kind that there is',
    { INSTRUMENTS: 'combo:BTC' },
    [`INSTRUMENTS="combo:BTC" is invalid (expected ${NAMES})`],
  ],
  [
    'a group that is no number',
    { BOOK_GROUP: '0' },
    [
      'BOOK_GROUP="0" is invalid (expected none, or a whole number such as 1, 2, 5, 10, 25, 100, 250)',
    ],
  ],
  [
    'a boolean in other words',
    { TRADES: 'yes' },
    ['TRADES="yes" is invalid (expected true or false)'],
  ],
  [
    'an http address',
    { DERIBIT_URL: 'https://www.deribit.com' },
    [`DERIBIT_URL="https://www.deribit.com" is invalid (expected ${URL_ALLOWED})`],
  ],
  [
    'an address with a query',
    { DERIBIT_URL: 'wss://a.example/ws?x=1' },
    [`DERIBIT_URL="wss://a.example/ws?x=1" is invalid (expected ${URL_ALLOWED})`],
  ],
  [
    'an address with an impossible port',
    { DERIBIT_URL: 'ws://127.0.0.1:99999/' },
    [`DERIBIT_URL="ws://127.0.0.1:99999/" is invalid (expected ${URL_ALLOWED})`],
  ],
  [
    'a list with an empty item',
    { INSTRUMENTS: 'BTC-PERPETUAL,,ETH-PERPETUAL' },
    [`INSTRUMENTS="BTC-PERPETUAL,,ETH-PERPETUAL" is invalid (expected ${NAMES})`],
  ],
  [
    'a list with an item twice',
    { INSTRUMENTS: 'BTC-PERPETUAL, BTC-PERPETUAL' },
    [`INSTRUMENTS="BTC-PERPETUAL, BTC-PERPETUAL" is invalid (expected ${NAMES})`],
  ],
  [
    'an instrument name with a dot',
    { INSTRUMENTS: 'BTC.PERPETUAL' },
    [`INSTRUMENTS="BTC.PERPETUAL" is invalid (expected ${NAMES})`],
  ],
  [
    'an instrument name of 65 characters',
    { INSTRUMENTS: 'A'.repeat(65) },
    [`INSTRUMENTS="${'A'.repeat(65)}" is invalid (expected ${NAMES})`],
  ],
  [
    'a broker without a port',
    { KAFKA_BROKERS: 'localhost' },
    [`KAFKA_BROKERS="localhost" is invalid (expected ${BROKERS})`],
  ],
  [
    'a broker with an impossible port',
    { KAFKA_BROKERS: 'a:9092,b:65536' },
    [`KAFKA_BROKERS="a:9092,b:65536" is invalid (expected ${BROKERS})`],
  ],
  [
    'a broker twice',
    { KAFKA_BROKERS: 'a:9092,a:9092' },
    [`KAFKA_BROKERS="a:9092,a:9092" is invalid (expected ${BROKERS})`],
  ],
  ['a topic named ..', { KAFKA_TOPIC: '..' }, [`KAFKA_TOPIC=".." is invalid (expected ${TOPIC})`]],
  [
    'a topic with a slash',
    { KAFKA_TRADES_TOPIC: 'a/b' },
    [`KAFKA_TRADES_TOPIC="a/b" is invalid (expected ${TOPIC})`],
  ],
  [
    'two topics of one name',
    { KAFKA_TOPIC: 'x', KAFKA_TRADES_TOPIC: 'x' },
    ['KAFKA_TRADES_TOPIC="x" is invalid (expected a name other than KAFKA_TOPIC)'],
  ],
  ...['prices', 'trades'].map(
    (name) =>
      [
        `numbers in the topic ${name}`,
        { KAFKA_BROKERS: 'a:9092', KAFKA_NUMBERS_TOPIC: name },
        [
          `KAFKA_NUMBERS_TOPIC="${name}" is invalid (expected a name other than KAFKA_TOPIC and KAFKA_TRADES_TOPIC)`,
        ],
      ] as [string, Record<string, string>, string[]],
  ),
  [
    'a topic of numbers without a broker',
    { KAFKA_NUMBERS_TOPIC: 'numbers' },
    ['KAFKA_NUMBERS_TOPIC="numbers" is invalid (expected no value without KAFKA_BROKERS)'],
  ],
  ['a band of 0', { BANDS_BPS: '0,5' }, [`BANDS_BPS="0,5" is invalid (expected ${BANDS})`]],
  [
    'a band of half the price and more',
    { BANDS_BPS: '5001' },
    [`BANDS_BPS="5001" is invalid (expected ${BANDS})`],
  ],
  ['a band twice', { BANDS_BPS: '5,5' }, [`BANDS_BPS="5,5" is invalid (expected ${BANDS})`]],
  ...['0.005', '1.125', '.5', '1.', '+1', '1e1', '0x5', 'NaN', '-1', 'five'].map(
    (band): [string, Record<string, string>, string[]] => [
      `a band of ${band}`,
      { BANDS_BPS: band },
      [`BANDS_BPS="${band}" is invalid (expected ${BANDS})`],
    ],
  ),
  [
    'a band twice in other digits',
    { BANDS_BPS: '0.5,0.50' },
    [`BANDS_BPS="0.5,0.50" is invalid (expected ${BANDS})`],
  ],
  [
    'signals that are neither',
    { SIGNALS: 'yes' },
    ['SIGNALS="yes" is invalid (expected one of auto, true, false)'],
  ],
  [
    'a horizon of no whole seconds',
    { SIGNAL_HORIZONS_MS: '1500' },
    [`SIGNAL_HORIZONS_MS="1500" is invalid (expected ${HORIZONS})`],
  ],
  [
    'four horizons',
    { SIGNAL_HORIZONS_MS: '1000,2000,3000,4000' },
    [`SIGNAL_HORIZONS_MS="1000,2000,3000,4000" is invalid (expected ${HORIZONS})`],
  ],
  [
    'a signal window of no whole seconds',
    { SIGNAL_WINDOW_MS: '100500' },
    ['SIGNAL_WINDOW_MS="100500" is invalid (expected a multiple of 1000 from 100000 to 86400000)'],
  ],
  [
    'a signal window that is shorter than a horizon',
    { SIGNAL_WINDOW_MS: '300000', SIGNAL_HORIZONS_MS: '1000,300000' },
    [
      'SIGNAL_WINDOW_MS="300000" is invalid (expected more than the longest of SIGNAL_HORIZONS_MS=300000)',
    ],
  ],
  ['no window', { WINDOWS_MS: ',' }, [`WINDOWS_MS="," is invalid (expected ${WINDOWS})`]],
  [
    'a window below 100 ms',
    { WINDOWS_MS: '99' },
    [`WINDOWS_MS="99" is invalid (expected ${WINDOWS})`],
  ],
  [
    'a window above ten minutes',
    { WINDOWS_MS: '1000,600001' },
    [`WINDOWS_MS="1000,600001" is invalid (expected ${WINDOWS})`],
  ],
  [
    'eleven windows',
    { WINDOWS_MS: '100,200,300,400,500,600,700,800,900,1000,1100' },
    [`WINDOWS_MS="100,200,300,400,500,600,700,800,900,1000,1100" is invalid (expected ${WINDOWS})`],
  ],
  [
    'a depth of 0',
    { IMBALANCE_DEPTHS: '0,1' },
    [`IMBALANCE_DEPTHS="0,1" is invalid (expected ${DEPTHS})`],
  ],
  [
    'eleven depths',
    { IMBALANCE_DEPTHS: '1,2,3,4,5,6,7,8,9,10,11' },
    [`IMBALANCE_DEPTHS="1,2,3,4,5,6,7,8,9,10,11" is invalid (expected ${DEPTHS})`],
  ],
  [
    'only depths that the snapshot cannot show',
    { IMBALANCE_DEPTHS: '11,12' },
    ['IMBALANCE_DEPTHS="11,12" is invalid (expected at least one depth up to BOOK_DEPTH=10)'],
  ],
  [
    'checkpoints rarer than the bound of staleness',
    { CHECKPOINT_MS: '2500' },
    ['CHECKPOINT_MS="2500" is invalid (expected less than half of STALE_AFTER_MS=5000)'],
  ],
  [
    'a warm-up that may miss every whole checkpoint',
    { WARMUP_MS: '31999' },
    [
      'WARMUP_MS="31999" is invalid (expected at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = 32000)',
    ],
  ],
  [
    'a misspelt name',
    { KAFKA_BROKER: 'a:9092' },
    ['KAFKA_BROKER is unknown; did you mean KAFKA_BROKERS?'],
  ],
  [
    'a name with two slips',
    { HTTP_PROT: '9464' },
    ['HTTP_PROT is unknown; did you mean HTTP_PORT?'],
  ],
  [
    'a singular',
    { INSTRUMENT: 'BTC-PERPETUAL' },
    ['INSTRUMENT is unknown; did you mean INSTRUMENTS?'],
  ],
]

describe('an invalid configuration', () => {
  it.each(BAD)('reports %s with its value and what is expected', (_why, environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems)
  })

  it('reports every problem at once', () => {
    expect(
      problemsOf({
        HTTP_PORT: 'x',
        ROLE: 'none',
        KAFKA_BROKER: 'a',
        BOOK_DEPTH: '3',
        LOG_LEVEL: '',
      }),
    ).toEqual([
      'ROLE="none" is invalid (expected one of all, producer, consumer)',
      'BOOK_DEPTH="3" is invalid (expected one of 1, 10, 20)',
      'HTTP_PORT="x" is invalid (expected a whole number from 0 to 65535)',
      'KAFKA_BROKER is unknown; did you mean KAFKA_BROKERS?',
    ])
  })

  it('reports conflicts between settings in addition to an invalid setting', () => {
    expect(problemsOf({ HTTP_PORT: 'x', ROLE: 'consumer', WARMUP_MS: '1000' })).toEqual([
      'HTTP_PORT="x" is invalid (expected a whole number from 0 to 65535)',
      `KAFKA_BROKERS is required when ROLE=consumer (expected ${BROKERS})`,
      'WARMUP_MS="1000" is invalid (expected at least CHECKPOINT_SNAPSHOT_MS + CHECKPOINT_MS = 32000)',
    ])
  })

  it('does not report a conflict with an invalid setting', () => {
    expect(
      problemsOf({ STALE_AFTER_MS: 'soon', CHECKPOINT_MS: '100000', WARMUP_MS: '200000' }),
    ).toEqual(['STALE_AFTER_MS="soon" is invalid (expected a whole number from 1000 to 600000)'])
  })

  it.each([
    { DERIBIT_URL: 'wss://user:pa/hunter2@host' },
    { DERIBIT_URL: 'user:hunter2@host' },
    { KAFKA_BROKERS: 'a:1,user:hunter2@host:9092' },
  ])('does not show a password in %j', (environment) => {
    expect(JSON.stringify(problemsOf(environment))).not.toContain('hunter2')
    expect(problemsOf(environment)).toHaveLength(1)
  })

  it('does not show a password in the address', () => {
    const problems = problemsOf({ DERIBIT_URL: 'wss://me:hunter2@a.example/ws' })
    expect(problems).toHaveLength(1)
    expect(String(problems)).toContain('DERIBIT_URL')
    expect(String(problems)).toContain(URL_ALLOWED)
    expect(String(problems)).not.toContain('hunter2')
  })
})

describe('unknown variables', () => {
  it('warns about a name with a known prefix that resembles no setting', () => {
    expect(warningsOf({ KAFKA_HEAP_OPTS: '-Xmx1g' })).toEqual([
      expect.stringMatching(
        /^KAFKA_HEAP_OPTS is unknown and has no effect \(nearest setting: KAFKA_/,
      ),
    ])
  })

  it('treats that warning as an error when strict', () => {
    expect(problemsOf({ KAFKA_HEAP_OPTS: '-Xmx1g' }, true)).toEqual([
      expect.stringContaining('KAFKA_HEAP_OPTS is unknown'),
    ])
  })

  it.each([
    ['HTTP_PROXY', 'http://proxy:3128'],
    ['HTTPS_PROXY', 'http://proxy:3128'],
    ['KAFKA_SERVICE_HOST', '10.0.0.7'],
    ['KAFKA_SERVICE_PORT', '9092'],
    ['KAFKA_SERVICE_PORT_CLIENTS', '9092'],
    ['KAFKA_PORT_9092_TCP', 'tcp://10.0.0.7:9092'],
    ['KAFKA_PORT_9092_TCP_ADDR', '10.0.0.7'],
    ['KAFKA_PORT', 'tcp://10.0.0.7:9092'],
    ['PATH', '/usr/bin'],
    ['NODE_ENV', 'production'],
  ])('ignores %s, which hosts inject', (name, value) => {
    expect(warningsOf({ [name]: value })).toEqual([])
    expect(problemsOf({ [name]: value }, true)).toEqual([])
  })
})

describe('the hash of the configuration', () => {
  const hashOf = (environment: Record<string, string>) =>
    configHash(readConfig(environment, { isStrict: false }))

  it('is the same for processes that differ in address and shard only', () => {
    const own = { HTTP_PORT: '9466', HTTP_HOST: '0.0.0.0', PRODUCER_SHARD: '1/2' }
    expect(hashOf(own)).toBe(hashOf({}))
    expect(hashOf({ STALE_AFTER_MS: '6000' })).not.toBe(hashOf({}))
  })
})

describe('the effective configuration', () => {
  it('has the documented defaults if nothing is set', () => {
    expect(describeConfig(readConfig({}, { isStrict: true }))).toMatchObject({
      ROLE: 'all',
      DERIBIT_URL: 'wss://www.deribit.com/ws/api/v2',
      INSTRUMENTS: 'BTC-PERPETUAL,ETH-PERPETUAL',
      MAX_INSTRUMENTS: '3000',
      BOOK_GROUP: 'none',
      BOOK_DEPTH: '10',
      BOOK_INTERVAL: '100ms',
      TRADES: 'true',
      KAFKA_TOPIC: 'prices',
      KAFKA_TRADES_TOPIC: 'trades',
      KAFKA_PARTITIONS: '4',
      KAFKA_REPLICATION_FACTOR: '1',
      KAFKA_RETENTION_MS: '3600000',
      KAFKA_RETENTION_BYTES: '4294967296',
      KAFKA_GROUP_ID: 'orderbook-exporter',
      KAFKA_ACKS: 'all',
      PRODUCER_LINGER_MS: '5',
      PRODUCER_BATCH_MAX_RECORDS: '1000',
      PRODUCER_QUEUE_MAX_BYTES: '67108864',
      CHECKPOINT_MS: '2000',
      CHECKPOINT_SNAPSHOT_MS: '30000',
      WARMUP_MS: '60000',
      WARMUP_MAX_RECORDS: '50000',
      STALE_AFTER_MS: '5000',
      INSTRUMENT_SILENCE_MS: '60000',
      MAX_RECORD_AGE_MS: '5000',
      IMBALANCE_DEPTHS: '1,5,10',
      BANDS_BPS: '0.5,1,2',
      WINDOWS_MS: '1000,10000,60000',
      SIGNALS: 'auto',
      SIGNAL_HORIZONS_MS: '1000,10000,60000',
      SIGNAL_WINDOW_MS: '3600000',
      METRICS_DETAIL: 'auto',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '9464',
      LOG_LEVEL: 'info',
      TRACE_SLOW_MS: '500',
      SHUTDOWN_TIMEOUT_MS: '10000',
    })
  })

  it('leaves brokers unset by default', () => {
    expect(readConfig({}, { isStrict: true }).settings.KAFKA_BROKERS).toBeUndefined()
  })

  it('counts an empty or blank variable as unset', () => {
    const config = readConfig({ HTTP_PORT: '', ROLE: '  ', INSTRUMENTS: '' }, { isStrict: true })
    expect(config.settings.HTTP_PORT).toBe(9464)
    expect(config.settings.ROLE).toBe('all')
    expect(config.explicit.size).toBe(0)
  })

  it('trims the values that are set and records their names', () => {
    const config = readConfig(
      {
        HTTP_PORT: ' 0 ',
        INSTRUMENTS: 'SOL_USDC-PERPETUAL , XRP_USDC-25DEC26-0d625-C',
        TRADES: 'false',
      },
      { isStrict: true },
    )
    expect(config.settings.HTTP_PORT).toBe(0)
    expect(config.settings.INSTRUMENTS).toEqual(['SOL_USDC-PERPETUAL', 'XRP_USDC-25DEC26-0d625-C'])
    expect(config.settings.TRADES).toBe(false)
    expect([...config.explicit].sort()).toEqual(['HTTP_PORT', 'INSTRUMENTS', 'TRADES'])
  })

  it('excludes depths beyond the snapshot with one warning', () => {
    const config = readConfig({ BOOK_DEPTH: '1' }, { isStrict: true })
    expect(config.imbalanceDepths).toEqual([1])
    expect(config.warnings).toEqual(['IMBALANCE_DEPTHS: ignoring 5,10, deeper than BOOK_DEPTH=1'])
  })

  it('sorts the depths in ascending order', () => {
    const config = readConfig({ IMBALANCE_DEPTHS: '10,2,5' }, { isStrict: true })
    expect(config.imbalanceDepths).toEqual([2, 5, 10])
  })

  it('sorts bands and windows in ascending order', () => {
    const given = { BANDS_BPS: '50,2,0.25,2.5', WINDOWS_MS: '60000,250,10000' }
    const config = readConfig(given, { isStrict: true })
    expect(config.bandsBps).toEqual([0.25, 2, 2.5, 50])
    expect(config.windowsMs).toEqual([250, 10_000, 60_000])
    const fallback = readConfig({}, { isStrict: true })
    expect(fallback.windowsMs).toEqual([1000, 10_000, 60_000])
  })

  it('has bands by the mode of the books, where none are set', () => {
    const bandsOf = (given: Record<string, string>) =>
      readConfig(given, { isStrict: true }).bandsBps
    expect(bandsOf({})).toEqual([0.5, 1, 2])
    expect(bandsOf({ BOOK_MODE: 'grouped', BANDS_BPS: ' ' })).toEqual([0.5, 1, 2])
    expect(bandsOf({ BOOK_MODE: 'incremental' })).toEqual([5, 10, 25])
    expect(bandsOf({ BOOK_MODE: 'incremental', BANDS_BPS: '0.5' })).toEqual([0.5])
    const { settings } = readConfig({ BOOK_MODE: 'incremental' }, { isStrict: true })
    expect(settings.BANDS_BPS).toEqual([5, 10, 25])
  })

  it('says how far back records must be read for whole windows', () => {
    const wholeWindowsOf = (given: Record<string, string>) =>
      readConfig(given, { isStrict: true }).wholeWindowsMs
    expect(wholeWindowsOf({})).toBe(92_000)
    expect(wholeWindowsOf({ WINDOWS_MS: '300000', CHECKPOINT_SNAPSHOT_MS: '10000' })).toBe(312_000)
  })

  it('allows every depth for a full book', () => {
    const config = readConfig(
      { BOOK_MODE: 'incremental', IMBALANCE_DEPTHS: '1,50' },
      { isStrict: true },
    )
    expect(config.imbalanceDepths).toEqual([1, 50])
    expect(config.warnings).toEqual([])
  })

  it('accepts selectors and names', () => {
    const INSTRUMENTS = 'ETH-PERPETUAL,future:BTC,any:any'
    expect(readConfig({ INSTRUMENTS }, { isStrict: true }).settings.INSTRUMENTS).toEqual([
      'ETH-PERPETUAL',
      'future:BTC',
      'any:any',
    ])
  })

  it('reads a secret from its file and never shows it', () => {
    const file = join(temporaryFolder(), 'secret')
    writeFileSync(file, 'hunter2\n')
    const config = readConfig(
      { DERIBIT_CLIENT_ID: 'me', DERIBIT_CLIENT_SECRET_FILE: file },
      { isStrict: true },
    )
    expect(config.settings.DERIBIT_CLIENT_SECRET).toBe('hunter2')
    expect(describeConfig(config)['DERIBIT_CLIENT_SECRET']).toBe('[redacted]')
    expect(JSON.stringify(describeConfig(config))).not.toContain('hunter2')
  })

  it('reports a TLS file with other content without showing that content', () => {
    const file = join(temporaryFolder(), 'key')
    writeFileSync(file, 'hunter2\n')
    const problems = problemsOf({
      KAFKA_BROKERS: 'a:1',
      KAFKA_SSL: 'true',
      KAFKA_SSL_CERT_FILE: 'package.json',
      KAFKA_SSL_KEY_FILE: file,
    })
    expect(problems).toHaveLength(2)
    expect(JSON.stringify(problems)).toMatch(
      /KAFKA_SSL_CERT_FILE.*package\.json.*KAFKA_SSL_KEY_FILE/,
    )
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })

  it('checks every certificate of a bundle', () => {
    const file = join(temporaryFolder(), 'ca.pem')
    const KAFKA_SSL_CA_FILE = file
    const torn = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
    writeFileSync(file, `${rootCertificates[0] ?? ''}\n${rootCertificates[1] ?? ''}\n`)
    const settings = { KAFKA_BROKERS: 'a:1', KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE }
    expect(problemsOf(settings)).toEqual([])
    writeFileSync(file, `${rootCertificates[0] ?? ''}\n${torn}`)
    expect(problemsOf(settings)).toHaveLength(1)
    writeFileSync(file, '')
    expect(problemsOf(settings)).toHaveLength(1)
  })

  it('allows an unencrypted login on this host only', () => {
    for (const broker of ['127.0.0.1:9092', 'localhost:9092']) {
      expect(problemsOf({ KAFKA_BROKERS: broker, ...KAFKA_LOGIN })).toEqual([])
    }
    for (const host of ['127.0.0.1:8090', 'localhost', '[::1]:1']) {
      const DERIBIT_URL = `ws://${host}/ws/api/v2`
      expect(problemsOf({ ...LOGIN, DERIBIT_URL })).toEqual([])
    }
  })

  it('is frozen', () => {
    const config = readConfig({}, { isStrict: true })
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.settings)).toBe(true)
  })
})

describe('the table of settings', () => {
  it('shows every setting with its default, description and valid values', () => {
    const help = settingsHelp()
    for (const name of SETTING_NAMES) expect(help).toMatch(new RegExp(`^  ${name} +\\S`, 'm'))
    expect(help).toContain('default 9464; a whole number from 0 to 65535')
    expect(help).toContain(`default unset; ${BROKERS}`)
    expect(help.split('\n')).toHaveLength(SETTING_NAMES.length * 2)
  })
})

import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { stringify } from 'yaml'
import { NumbersSchema } from '../../src/http/schemas/numbers.ts'
import { SnapshotSchema } from '../../src/http/schemas/snapshot.ts'
import { StateEventSchema } from '../../src/http/stream/events.ts'
import { readVersion } from '../../src/runtime.ts'
import {
  GroupedBookSchema,
  IncrementalBookSchema,
  NotificationHeadersSchema,
  TradesSchema,
} from './exchange-schemas.ts'

const HEADER = '# Generated from the schemas by `npm run docs:generate`; do not edit.\n'

const NumbersHeadersSchema = Type.Object(
  {
    definitions: Type.String({ description: 'version of the definitions of the values' }),
    source: Type.Optional(
      Type.String({
        description:
          '`topic/partition/offset` of the record that the values were computed from; absent before the first snapshot',
      }),
    ),
  },
  { title: 'NumbersHeaders' },
)

const SCHEMAS: Readonly<Record<string, TSchema>> = {
  GroupedBook: GroupedBookSchema,
  IncrementalBook: IncrementalBookSchema,
  Trades: TradesSchema,
  NotificationHeaders: NotificationHeadersSchema,
  Numbers: NumbersSchema,
  NumbersHeaders: NumbersHeadersSchema,
  Snapshot: SnapshotSchema,
  StateEvent: StateEventSchema,
}

const schemaOf = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const KAFKA_KEY = { kafka: { key: { type: 'string', description: 'instrument name, UTF-8' } } }

function record(payload: object, headers: string, summary: string) {
  return {
    summary,
    contentType: 'application/json',
    headers: schemaOf(headers),
    payload,
    bindings: KAFKA_KEY,
  }
}

const event = (name: string, summary: string) => ({
  name,
  summary,
  contentType: 'application/json',
  payload: schemaOf(name === 'state' ? 'StateEvent' : 'Snapshot'),
})

const MESSAGES = {
  book: record(
    { oneOf: [schemaOf('GroupedBook'), schemaOf('IncrementalBook')] },
    'NotificationHeaders',
    'A book notification, byte for byte as the exchange sent it. Timestamp: its receipt.',
  ),
  trades: record(
    schemaOf('Trades'),
    'NotificationHeaders',
    'A trades notification, byte for byte as the exchange sent it. Timestamp: its receipt.',
  ),
  numbers: record(
    schemaOf('Numbers'),
    'NumbersHeaders',
    'Numbers of a live book, or a change of state with null numbers. Timestamp: exchange time of the update, or time of the change.',
  ),
  snapshot: event('snapshot', 'A live book with ten levels per side.'),
  state: event('state', 'State of an instrument, first and at each change.'),
}

interface ChannelParts {
  address: string
  server: 'kafka' | 'http'
  description: string
  messages: readonly (keyof typeof MESSAGES)[]
}

const SAME_PARTITION =
  'Partition: (murmur2(key) & 0x7fffffff) modulo the partition count, as by the default partitioner of Kafka.'

const CHANNELS: Readonly<Record<string, ChannelParts>> = {
  prices: {
    address: 'prices',
    server: 'kafka',
    description: `Books; the name is KAFKA_TOPIC. ${SAME_PARTITION}`,
    messages: ['book'],
  },
  trades: {
    address: 'trades',
    server: 'kafka',
    description: 'Trades; the name is KAFKA_TRADES_TOPIC. Partitions as those of the books.',
    messages: ['trades'],
  },
  numbers: {
    address: 'numbers',
    server: 'kafka',
    description:
      'Numbers of the books; the name is KAFKA_NUMBERS_TOPIC, unset by default. Partitions as those of the books. At least once, in order for each instrument.',
    messages: ['numbers'],
  },
  stream: {
    address: '/api/v1/stream',
    server: 'http',
    description:
      'Server-sent events; query parameter `instruments`: up to 50 names, separated by commas.',
    messages: ['snapshot', 'state'],
  },
}

const OPERATIONS = {
  writeBooks: ['send', 'prices', 'The producer role writes the books of the exchange.'],
  writeTrades: ['send', 'trades', 'The producer role writes the trades of the exchange.'],
  readBooks: ['receive', 'prices', 'The consumer role reads the books.'],
  readTrades: ['receive', 'trades', 'The consumer role reads the trades.'],
  writeNumbers: ['send', 'numbers', 'The consumer role writes its numbers.'],
  streamBooks: ['send', 'stream', 'The consumer role sends events to its clients.'],
} as const

/** Renders the AsyncAPI document of the topics and the stream. */
export function renderAsyncApi(): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'orderbook-exporter',
      version: readVersion(),
      description:
        'Topics of the service and its stream of events. A number that is not true now is null, and the state says why. Names that end in `Ms` are milliseconds; times are epoch milliseconds.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: { host: '127.0.0.1:9092', protocol: 'kafka', description: 'KAFKA_BROKERS' },
      http: { host: '127.0.0.1:9464', protocol: 'http', description: 'HTTP_HOST, HTTP_PORT' },
    },
    channels: Object.fromEntries(
      Object.entries(CHANNELS).map(([name, { address, server, description, messages }]) => [
        name,
        {
          address,
          description,
          servers: [{ $ref: `#/servers/${server}` }],
          messages: Object.fromEntries(
            messages.map((message) => [message, { $ref: `#/components/messages/${message}` }]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(
      Object.entries(OPERATIONS).map(([name, [action, channel, summary]]) => [
        name,
        { action, channel: { $ref: `#/channels/${channel}` }, summary },
      ]),
    ),
    components: { messages: MESSAGES, schemas: SCHEMAS },
  }
  // Without what is not JSON, and without the anchors of objects that occur twice.
  const plain = JSON.parse(JSON.stringify(document)) as unknown
  return HEADER + stringify(plain, { aliasDuplicateObjects: false, lineWidth: 100 })
}

import { describe, expect, it } from 'vitest'
import { createApiClient, type Snapshot } from '../../client/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { readTopic } from '../support/read-topic.ts'
import type { RecordedNotification } from '../support/recorded-frames.ts'
import { ReferenceBooks } from '../support/reference-books.ts'
import { startService, startSimulator } from './running-service.ts'

const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL']
const READERS = 8
const READINGS = 1000
const DEPTH = 10

interface Book {
  readonly changeId: number
  readonly bids: readonly [number, number][]
  readonly asks: readonly [number, number][]
}

/** The book after each record of a topic, by partition and offset, computed independently. */
async function booksOf(topic: string): Promise<ReadonlyMap<string, Book>> {
  const books = new Map<string, Book>()
  const reference = new ReferenceBooks()
  for (const { partition, offset, value } of await readTopic(brokersOfRun(), topic)) {
    const { params } = JSON.parse(value) as Required<RecordedNotification>
    const { bids, asks } = reference.apply(params.channel ?? '', params.data)
    books.set(`${partition}/${offset}`, {
      changeId: params.data.change_id,
      bids: bids.slice(0, DEPTH),
      asks: asks.slice(0, DEPTH),
    })
  }
  return books
}

describe(
  'a snapshot under load is the book after one record, never a mix of two',
  needsBroker(),
  () => {
    it.each([
      ['grouped snapshots', {}],
      ['changes applied one by one', { BOOK_MODE: 'incremental' }],
    ])('in %s', async (_what, environment) => {
      const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 2000 })
      const topic = uniqueTopic('prices')
      const service = await startService({
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: INSTRUMENTS.join(','),
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: topic,
        KAFKA_GROUP_ID: topic,
        TRADES: 'false',
        ...environment,
      })
      await eventually(async () => (await service.liveCount()) === INSTRUMENTS.length)
      const client = createApiClient({ baseUrl: service.url })
      const taken: Snapshot[] = []
      const abort = new AbortController()
      const subscribe = async () => {
        for await (const { event, data } of client.stream({ signal: abort.signal })) {
          if (event === 'snapshot') taken.push(data)
        }
      }
      const sampled = subscribe().catch((error: unknown) => {
        if (!abort.signal.aborted) throw error
      })
      const read = async (reader: number) => {
        const instrument = INSTRUMENTS[reader % INSTRUMENTS.length] ?? ''
        for (let reading = 0; reading < READINGS / READERS; reading += 1) {
          const { data } = await client.rest.GET('/api/v1/snapshots/{instrument}', {
            params: { path: { instrument }, query: { depth: DEPTH } },
          })
          if (data !== undefined) taken.push(data)
        }
      }
      await Promise.all(Array.from({ length: READERS }, (_, reader) => read(reader)))
      abort.abort()
      await sampled
      const books = await booksOf(topic)
      const seen = new Set<string>()
      for (const { source, changeId, bids, asks, bestBid, bestAsk, midPrice } of taken) {
        const place = `${source?.partition}/${source?.offset}`
        seen.add(place)
        expect({ place, changeId, bids, asks }).toEqual({ place, ...books.get(place) })
        const [bid = NaN, ask = NaN] = [bids[0]?.[0], asks[0]?.[0]]
        expect([bestBid?.price, bestAsk?.price, midPrice]).toEqual([bid, ask, (bid + ask) / 2])
      }
      expect(taken.length).toBeGreaterThanOrEqual(READINGS)
      // Several different ones were read.
      expect(seen.size).toBeGreaterThan(20)
    })
  },
)

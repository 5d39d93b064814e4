import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import * as frames from '../support/frames.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { readTopic } from '../support/read-topic.ts'
import { exchangeOfBooks, type BookSource } from './exchange-of-books.ts'
import { startService } from './running-service.ts'

const GOOD = 'BTC-PERPETUAL'
const OTHER = 'ETH-PERPETUAL'
const SETTINGS = {
  INSTRUMENTS: `${GOOD},${OTHER}`,
  STALE_AFTER_MS: '5000',
  CHECKPOINT_MS: '500',
  TRADES: 'false',
}

interface SuspendedJson {
  connection: { suspendedChannels: { channel: string; reason: string; detail: string }[] }
}

/** A book with incompressible amounts. */
function largeBook(instrument: string, levels: number, digits: number): BookSource {
  const amount = () => randomInt(10 ** (digits - 1), 10 ** digits)
  const side = (first: number, step: number) =>
    Array.from(
      { length: levels },
      (_, level) => `["new",${(first + step * level).toFixed(1)},${amount()}.${amount()}]`,
    ).join(',')
  return {
    snapshot: (changeId, nowMs) =>
      frames.notification(
        `book.${instrument}.100ms`,
        `{"type":"snapshot","timestamp":${nowMs},"instrument_name":"${instrument}","change_id":${changeId},"bids":[${side(60_000, -0.5)}],"asks":[${side(60_000.5, 0.5)}]}`,
      ),
    next: (changeId, prevChangeId, nowMs) =>
      frames.change({
        instrument,
        changeId,
        prevChangeId,
        exchangeTimeMs: nowMs,
        bids: [['change', 60_000, 5 + (changeId % 7)]],
      }),
  }
}

const grouped = (instrument: string, alter = (text: string) => text): BookSource => {
  const frame = (changeId: number, nowMs: number) =>
    alter(frames.groupedSnapshot({ instrument, changeId, exchangeTimeMs: nowMs }))
  return { snapshot: frame, next: (changeId, _previous, nowMs) => frame(changeId, nowMs) }
}

type Service = Awaited<ReturnType<typeof startService>>

/** Polls a book and returns its states other than live. */
async function notLive(service: Service, instrument: string, forMs: number): Promise<string[]> {
  const endMs = performance.now() + forMs
  const states: string[] = []
  let looks = 0
  while (performance.now() < endMs) {
    const state = await service.state(instrument)
    looks += 1
    if (state !== 'live') states.push(state)
    await sleep(50)
  }
  expect(looks).toBeGreaterThan(forMs / 500)
  return states
}

const isLive = (service: Service, instrument: string) =>
  eventually(async () => (await service.state(instrument)) === 'live', { timeoutMs: 60_000 })

async function expectNoDisconnect(service: Service): Promise<void> {
  const { series } = await service.metrics()
  for (const reason of ['error', 'oversize', 'no_frames', 'server_close']) {
    expect([reason, series.get(`orderbook_feed_disconnects_total{reason=${reason}}`)]).toEqual([
      reason,
      0,
    ])
  }
}

describe('a grouped book whose rows have three elements', { timeout: 180_000 }, () => {
  it('is suspended with its reason, and the book beside it is live all the time', async () => {
    const channel = (instrument: string) => `book.${instrument}.none.10.100ms`
    const exchange = await exchangeOfBooks({
      [channel(GOOD)]: grouped(GOOD),
      [channel(OTHER)]: grouped(OTHER, (text) => text.replaceAll('.0]', '.0,1]')),
    })
    const service = await startService({ ...SETTINGS, DERIBIT_URL: exchange.url })
    await isLive(service, GOOD)
    expect(await notLive(service, GOOD, 30_000)).toEqual([])
    const suspended = await eventually(async () => {
      const { connection } = (await (await service.get('/api/v1/pipeline')).json()) as SuspendedJson
      return connection.suspendedChannels[0] ?? false
    })
    expect(suspended).toMatchObject({ channel: channel(OTHER), reason: 'unreadable' })
    await eventually(
      async () => (await service.value('orderbook_feed_subscriptions{state=suspended}')) === 1,
    )
    expect(await service.state(OTHER)).toBe('waiting:no_snapshot')
    expect(exchange.links).toHaveLength(1)
    await expectNoDisconnect(service)
  })
})

describe(
  'an incremental book of more than a megabyte',
  { ...needsBroker(), timeout: 240_000 },
  () => {
    const channel = (instrument: string) => `book.${instrument}.100ms`
    const good = largeBook(GOOD, 5, 2)

    async function start(large: BookSource) {
      const exchange = await exchangeOfBooks({ [channel(GOOD)]: good, [channel(OTHER)]: large })
      const topic = uniqueTopic('prices')
      const environment = {
        ...SETTINGS,
        DERIBIT_URL: exchange.url,
        BOOK_MODE: 'incremental',
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: topic,
        KAFKA_GROUP_ID: topic,
        // One partition, so that a delay affects both books.
        KAFKA_PARTITIONS: '1',
      }
      return { exchange, topic, environment }
    }

    it('is live, and the book beside it is live all the time', async () => {
      const large = largeBook(OTHER, 25_000, 4)
      const sample = large.snapshot(1, 1)
      expect(sample.length).toBeGreaterThan(1_100_000)
      const { exchange, topic, environment } = await start(large)
      const service = await startService(environment)
      await isLive(service, GOOD)
      await isLive(service, OTHER)
      expect(await notLive(service, GOOD, 35_000)).toEqual([])
      expect(await service.state(OTHER)).toBe('live')
      await expectNoDisconnect(service)
      expect(exchange.links).toHaveLength(1)
      const { series } = await service.metrics()
      expect(series.get(`orderbook_dropped_records_total{topic=${topic},reason=too_large}`)).toBe(0)
      expect(series.get('orderbook_feed_subscriptions{state=suspended}')).toBe(0)
      await service.stop()
      // Another client reads the original frame and our checkpoints.
      const records = (await readTopic(brokersOfRun(), topic)).filter(
        ({ value }) => value.length > 1_000_000,
      )
      expect(records.some(({ isCheckpoint }) => !isCheckpoint)).toBe(true)
      expect(records.some(({ isCheckpoint }) => isCheckpoint)).toBe(true)
      expect(records.every(({ instrument }) => instrument === OTHER)).toBe(true)
    })

    it('that exceeds the limit of an existing topic has no values, few retries, and does not affect others', async () => {
      // Random amounts of many digits: more than 1 MiB also when compressed.
      const { exchange, topic, environment } = await start(largeBook(OTHER, 90_000, 12))
      const admin = await connectAdmin()
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
      const service = await startService(environment)
      await isLive(service, GOOD)
      const tooLarge = `orderbook_dropped_records_total{topic=${topic},reason=too_large}`
      await eventually(async () => ((await service.value(tooLarge)) ?? 0) > 0)
      expect(await notLive(service, GOOD, 30_000)).toEqual([])
      expect(await service.state(OTHER)).toBe('waiting:no_snapshot')
      expect((await service.metrics()).series.has(`orderbook_mid_price{instrument=${OTHER}}`)).toBe(
        false,
      )
      const refusals = `orderbook_produce_errors_total{topic=${topic},reason=too_large}`
      // Pauses of 1, 2, 4, 8 and 16 s: at most seven records by now, each of which is refused twice.
      expect(await service.value(refusals)).toBeLessThanOrEqual(14)
      expect(exchange.links).toHaveLength(1)
      await expectNoDisconnect(service)
    })
  },
)

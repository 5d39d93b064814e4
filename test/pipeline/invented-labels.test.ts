import { request } from 'node:http'
import { expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, groupedSnapshot } from '../support/frames.ts'
import { needsBroker } from '../support/kafka.ts'
import { startForeignTopic } from './foreign-records.ts'
import type { Reader } from './running-service.ts'

const INVENTED = 10_000
const MAX_INSTRUMENTS = 40
const PARTITIONS = 4
const METHODS = ['GET', 'HEAD', 'POST', 'PROPFIND', 'MKCOL', 'PURGE'] as const

it(
  'ten thousand invented instruments and ten thousand invented URLs do not make the exposition grow',
  { ...needsBroker() },
  async () => {
    const { consumer, write, hasConsumed } = await startForeignTopic({
      KAFKA_PARTITIONS: String(PARTITIONS),
      TRADES: 'false',
      MAX_INSTRUMENTS: String(MAX_INSTRUMENTS),
    })
    let sent = 0
    /** Valid snapshots of unknown instruments, in the right partition. */
    const invent = async (count: number) => {
      const messages = Array.from({ length: count }, () => {
        const instrument = `BTC-4DEC26-${sent++}-C`
        const value = groupedSnapshot({
          instrument,
          channel: `book.${instrument}.none.10.100ms`,
          exchangeTimeMs: Date.now(),
        })
        return { key: instrument, value, partition: partitionOfKey(instrument, PARTITIONS) }
      })
      await write(messages)
      await hasConsumed(sent)
    }

    await invent(MAX_INSTRUMENTS)
    for (const method of METHODS) await ask(consumer, '/first', method)
    // Series of the first end offset and commit of each partition must exist before.
    await eventually(async () => {
      const names = await ourSeries(consumer)
      return ['lag_seconds', 'lag_records', 'last_commit_timestamp_seconds'].every((metric) => {
        const own = names.filter((name) => name.startsWith(`orderbook_consumer_${metric}{`))
        return own.length === PARTITIONS
      })
    })
    const before = await ourSeries(consumer)
    expect(before.filter((name) => name.startsWith('orderbook_up{'))).toHaveLength(MAX_INSTRUMENTS)

    for (let round = 0; round < 20; round += 1) {
      await invent(INVENTED / 20)
      const urls = Array.from(
        { length: INVENTED / 20 },
        (_, index) => `/${round}/${index}?x=${index}`,
      )
      for (let start = 0; start < urls.length; start += 50) {
        await Promise.all(
          urls
            .slice(start, start + 50)
            .map((url, index) => ask(consumer, url, METHODS[index % METHODS.length] ?? 'GET')),
        )
      }
    }
    expect(await ourSeries(consumer)).toEqual(before)
    expect(await consumer.value('orderbook_instruments_over_limit{}')).toBeGreaterThan(0)
    expect(await consumer.state(BTC)).toBe('absent')
  },
)

/** Names and labels of our series, without those of the books' values, which come and go. */
async function ourSeries(reader: Reader): Promise<string[]> {
  const { series } = await reader.metrics()
  const isValue = /^orderbook_(mid|spread|imbalance|weighted|best|depth|order|window|state|trade)/
  return [...series.keys()]
    .filter((name) => name.startsWith('orderbook_') && !isValue.test(name))
    .sort()
}

/** A request with any method; fetch refuses some. */
function ask(reader: Reader, path: string, method: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${reader.url}${path}`, { method }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject).end()
  })
}

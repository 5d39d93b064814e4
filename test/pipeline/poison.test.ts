import { expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, groupedSnapshot } from '../support/frames.ts'
import { needsBroker } from '../support/kafka.ts'
import { seeded } from '../support/seeded.ts'
import { startForeignTopic } from './foreign-records.ts'

const BAD = 10_000
const GOOD = 1000

it(
  'ten thousand unreadable records are skipped and counted, and no valid record is',
  {
    ...needsBroker(),
  },
  async () => {
    const { topic, consumer, write, hasConsumed } = await startForeignTopic({ INSTRUMENTS: BTC })
    const random = seeded(11)
    const garbage = (): Buffer => {
      const bytes = Buffer.alloc(1 + Math.floor(random() * 300))
      for (let index = 0; index < bytes.length; index += 1)
        bytes[index] = Math.floor(random() * 256)
      return bytes
    }
    // In the partition of valid records, which they could delay.
    const partition = partitionOfKey(BTC, 4)
    const messages = Array.from({ length: BAD }, () => ({ key: BTC, value: garbage(), partition }))
    for (let number = 1; number <= GOOD; number += 1) {
      const value = Buffer.from(
        groupedSnapshot({ changeId: number, exchangeTimeMs: 1_790_000_000_000 + number }),
      )
      messages.splice(number * 11 - 1, 0, { key: BTC, value, partition })
    }
    for (let start = 0; start < messages.length; start += 500) {
      await write(messages.slice(start, start + 500))
    }
    await hasConsumed(BAD + GOOD)
    const { series } = await consumer.metrics()
    const invalid = [...series].filter(([name]) =>
      name.startsWith('orderbook_invalid_records_total{'),
    )
    // A reason without records exists too, at 0.
    expect(invalid).toHaveLength(10)
    expect(invalid.reduce((sum, [, value]) => sum + value, 0)).toBe(BAD)
    expect(series.get(`orderbook_updates_total{instrument=${BTC}}`)).toBe(GOOD)
    expect((await consumer.snapshot(BTC)).changeId).toBe(GOOD)

    const pipeline = (await (await consumer.get('/api/v1/pipeline')).json()) as {
      role: string
      connection: unknown
      delivery: unknown
      partitions: { topic: string; lagRecords: number; lagSeconds: number }[]
      rejectedRecords: { topic: string; partition: number; reason: string }[]
    }
    expect(pipeline).toMatchObject({ role: 'consumer', connection: null, delivery: null })
    expect(pipeline.rejectedRecords).toHaveLength(10)
    expect(pipeline.rejectedRecords[0]).toMatchObject({ topic, partition })
    await eventually(async () => {
      const lag = await consumer.value(
        `orderbook_consumer_lag_records{topic=${topic},partition=${partition}}`,
      )
      return lag === 0
    })
  },
)

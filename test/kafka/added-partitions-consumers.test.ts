import { describe, expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { startService, startSimulator, type Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { ForeignClient, needsForeignClient } from '../support/foreign-client.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'

const LONG = { timeoutMs: 60_000, intervalMs: 100 }
const TRADES_LONG = { timeoutMs: 90_000, intervalMs: 500 }
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC-PERPETUAL', 'SOL_USDC-PERPETUAL']

/** Instruments of a member by their `up`, 1 or 0. */
async function shownBy(reader: Reader) {
  const { series } = await reader.metrics()
  const named = (value: number) =>
    INSTRUMENTS.filter((name) => series.get(`orderbook_up{instrument=${name}}`) === value)
  return { live: named(1), other: named(0) }
}

/** Each instrument is live in one member, and no other has a series of it. */
async function expectShared(members: readonly Reader[]): Promise<void> {
  const shown = await Promise.all(members.map(shownBy))
  expect(shown.flatMap(({ other }) => other)).toEqual([])
  expect(shown.flatMap(({ live }) => live).toSorted()).toEqual(INSTRUMENTS.toSorted())
  for (const member of members) expect(await member.failing()).toEqual({})
}

/** A book is where its newest frame is: in the old partition until the producer writes to the new one. */
async function expectInPartitionOfHash(member: Reader, partitionCount: number): Promise<void> {
  for (const name of (await shownBy(member)).live) {
    const { source } = await member.snapshot(name)
    expect(source.partition, name).toBe(partitionOfKey(name, partitionCount))
  }
}

const hasTrades = async (member: Reader, value: 0 | 1) =>
  (await member.value('orderbook_trades_enabled{}')) === value

describe(
  'consumers of a topic to which partitions are added',
  { ...needsBroker(), ...needsForeignClient(), timeout: 300_000 },
  () => {
    it.each(['grouped', 'incremental'])(
      'move the instruments without leaving a stale one, BOOK_MODE=%s',
      async (mode) => {
        const foreign = new ForeignClient(brokersOfRun())
        const topic = uniqueTopic('prices')
        const tradesTopic = `${topic}-trades`
        const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 60 })
        await foreign.create(topic, 1)
        await foreign.create(tradesTopic, 1)
        const settings = {
          BOOK_MODE: mode,
          KAFKA_BROKERS: brokersOfRun(),
          KAFKA_TOPIC: topic,
          KAFKA_TRADES_TOPIC: tradesTopic,
          KAFKA_GROUP_ID: topic,
        }
        const consumer = { ...settings, ROLE: 'consumer', INSTRUMENTS: INSTRUMENTS.join(',') }
        await startService({
          ...settings,
          ROLE: 'producer',
          DERIBIT_URL: simulator.url,
          INSTRUMENTS: INSTRUMENTS.join(','),
        })
        const one = await startService(consumer)
        const other = await startService(consumer)
        const members = [one, other]
        // One of them owns the only partition, the other is a standby.
        await eventually(() => expectShared(members), LONG)
        for (const member of members) await eventually(() => hasTrades(member, 1), TRADES_LONG)

        await foreign.addPartitions(topic, 2)
        const startMs = performance.now()
        await eventually(async () => {
          await expectShared(members)
          for (const member of members) {
            expect((await shownBy(member)).live).not.toEqual([])
            await expectInPartitionOfHash(member, 2)
          }
        }, LONG)
        // Detecting the partitions may take 30 s; the old book disappears within 5 s.
        expect(performance.now() - startMs).toBeLessThan(40_000)
        // The trades of an instrument would be with another member than its book.
        for (const member of members) await eventually(() => hasTrades(member, 0), LONG)

        // A member that starts now finds older records in the old partition.
        await other.stop()
        const late = await startService(consumer)
        await eventually(() => expectShared([one, late]), LONG)

        await foreign.addPartitions(tradesTopic, 2)
        for (const member of [one, late]) await eventually(() => hasTrades(member, 1), TRADES_LONG)
        await eventually(() => expectShared([one, late]), LONG)
      },
    )
  },
)

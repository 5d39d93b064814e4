import { describe, expect, it } from 'vitest'
import { startService, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { ForeignClient, type ForeignRecord, needsForeignClient } from '../support/foreign-client.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { partitionOfKey } from '../../src/topic/partitioner.ts'

const LONG = { timeoutMs: 60_000, intervalMs: 100 }
/** With two partitions the first two are in different ones. */
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'BTC_USDC-PERPETUAL', 'SOL_USDC-PERPETUAL']

/** Records of a topic that were acknowledged, frames and checkpoints, as `/metrics` says. */
async function produced(
  service: { value(series: string): Promise<number | undefined> },
  topic: string,
) {
  const kinds = await Promise.all(
    ['frame', 'checkpoint'].map((kind) =>
      service.value(`orderbook_produced_records_total{topic=${topic},kind=${kind}}`),
    ),
  )
  return kinds.reduce<number>((sum, count) => sum + (count ?? 0), 0)
}

function newestByKey(records: readonly ForeignRecord[]): ReadonlyMap<string, ForeignRecord> {
  const newest = new Map<string, ForeignRecord>()
  for (const record of records) {
    if ((newest.get(record.key)?.timestampMs ?? 0) <= record.timestampMs) {
      newest.set(record.key, record)
    }
  }
  return newest
}

const total = (ends: ReadonlyMap<number, number>) =>
  [...ends.values()].reduce((sum, end) => sum + end, 0)

describe(
  'a topic to which partitions are added',
  { ...needsBroker(), ...needsForeignClient() },
  () => {
    it.each(['all', 'producer'])('loses no record, ROLE=%s', async (role) => {
      const foreign = new ForeignClient(brokersOfRun())
      const topic = uniqueTopic('prices')
      const simulator = await startSimulator({ instruments: INSTRUMENTS, ratePerSecond: 60 })
      await foreign.create(topic, 1)
      const service = await startService({
        ROLE: role,
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: INSTRUMENTS.join(','),
        TRADES: 'false',
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: topic,
        KAFKA_GROUP_ID: topic,
      })
      await eventually(async () => (await produced(service, topic)) > 50, LONG)
      await foreign.addPartitions(topic, 2)
      const before = await produced(service, topic)
      // The new partition is written to within 30 s.
      await eventually(async () => ((await foreign.ends(topic)).get(1) ?? 0) > 20, LONG)
      await eventually(async () => (await produced(service, topic)) > before + 200, LONG)
      const said = await produced(service, topic)
      expect(total(await foreign.ends(topic))).toBeGreaterThanOrEqual(said)
      // An instrument moves with its first record after the topic has grown.
      await eventually(async () => {
        const newest = newestByKey(await foreign.records(topic))
        for (const name of INSTRUMENTS) {
          expect(newest.get(name)?.partition, name).toBe(partitionOfKey(name, 2))
        }
      }, LONG)
    })
  },
)

import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { startService, type Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { startProcess } from '../support/start-process.ts'

const KAFKA_PYTHON = 'kafka-python==3.0.12'
const WRITER = fileURLToPath(new URL('foreign_writer.py', import.meta.url))
const LONG = { timeoutMs: 60_000, intervalMs: 100 }
const PARTITIONS = 4
/** By CRC32 in other partitions than by murmur2, and with either hash not all in the same ones. */
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'SOL_USDC-PERPETUAL', 'XRP_USDC-PERPETUAL']

const crcPartition = (name: string) => crc32(name) % PARTITIONS

/** A topic that a Python client writes to, and what a member of a group that reads it needs. */
async function writtenTopic(partitioner: 'crc32' | 'round-robin') {
  const topic = uniqueTopic('prices')
  const admin = await connectAdmin()
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] })
  const packages = await pythonPackages(KAFKA_PYTHON)
  const writer = startProcess(
    'python3',
    [WRITER, brokersOfRun(), topic, partitioner, ...INSTRUMENTS],
    { env: { PYTHONPATH: packages, PATH: process.env['PATH'] ?? '' } },
  )
  await writer.waitForLine(/writing/)
  const settings = {
    ROLE: 'consumer',
    INSTRUMENTS: INSTRUMENTS.join(','),
    TRADES: 'false',
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: topic,
    KAFKA_GROUP_ID: topic,
  }
  return { topic, writer, settings }
}

/** Names of the instruments that a member has series of, by `up`. */
async function shownBy(reader: Reader) {
  const { series } = await reader.metrics()
  const named = (value: number) =>
    INSTRUMENTS.filter((name) => series.get(`orderbook_up{instrument=${name}}`) === value)
  return { live: named(1), other: named(0) }
}

describe(
  'a topic with another partitioner',
  { ...needsBroker(), ...needs('python'), timeout: 180_000 },
  () => {
    it('has instruments that CRC32 and murmur2 put into different partitions', () => {
      expect(INSTRUMENTS.some((name) => crcPartition(name) !== partitionOfKey(name, 4))).toBe(true)
      expect(new Set(INSTRUMENTS.map(crcPartition)).size).toBeGreaterThan(1)
    })

    it('has each instrument live in the member that its records reach, and unknown to the other', async () => {
      const { settings } = await writtenTopic('crc32')
      const one = await startService(settings)
      await eventually(async () => {
        expect(await shownBy(one)).toEqual({ live: INSTRUMENTS, other: [] })
        expect(await one.failing()).toEqual({})
      }, LONG)
      for (const name of INSTRUMENTS) {
        expect((await one.snapshot(name)).source.partition).toBe(crcPartition(name))
      }
      const other = await startService(settings)
      await eventually(async () => {
        const [first, second] = [await shownBy(one), await shownBy(other)]
        expect(first.other).toEqual([])
        expect(second.other).toEqual([])
        expect([...first.live, ...second.live].toSorted()).toEqual(INSTRUMENTS.toSorted())
        expect(await one.failing()).toEqual({})
        expect(await other.failing()).toEqual({})
        for (const name of INSTRUMENTS) {
          const statuses = [(await one.snapshot(name)).status, (await other.snapshot(name)).status]
          expect(statuses.toSorted(), name).toEqual([200, 404])
        }
      }, LONG)
      // The partitions of a member that leaves bring their books with them.
      await other.stop()
      await eventually(async () => {
        expect(await shownBy(one)).toEqual({ live: INSTRUMENTS, other: [] })
      }, LONG)
    })

    it('that spreads an instrument over partitions gives its newest book and no window numbers', async () => {
      const { settings } = await writtenTopic('round-robin')
      const service = await startService(settings)
      await eventually(async () => {
        expect(await shownBy(service)).toEqual({ live: INSTRUMENTS, other: [] })
      }, LONG)
      const partitions = new Set<number>()
      let newest = 0
      for (let index = 0; index < 60; index += 1) {
        const { changeId, source, state, windows } = await service.snapshot('BTC-PERPETUAL')
        expect(state).toBe('live')
        expect(changeId).toBeGreaterThanOrEqual(newest)
        expect(windows['60s']?.orderFlowImbalance).toBeNull()
        newest = changeId
        partitions.add(source.partition)
        await sleep(50)
      }
      expect(partitions.size).toBeGreaterThan(1)
      const breaks = 'orderbook_sequence_breaks_total{reason=channel_change}'
      expect(await service.value(breaks)).toBeGreaterThan(10)
    })
  },
)

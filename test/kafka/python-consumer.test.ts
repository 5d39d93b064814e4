import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { partitionOfKey } from '../../src/topic/partitioner.ts'
import { groupedSnapshot } from '../support/frames.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs, skipBecause } from '../support/needs.ts'
import { pythonPackages } from '../support/python-packages.ts'
import { startProcess } from '../support/start-process.ts'
import { outgoing } from '../topic/records.ts'
import { kafkaTopic } from './kafka-topic.ts'

const KAFKA_PYTHON = 'kafka-python==3.0.12'
const SCRIPT = fileURLToPath(new URL('python_consumer.py', import.meta.url))
const INSTRUMENTS = ['BTC-PERPETUAL', 'ETH-PERPETUAL', 'XRP_USDC-25DEC26-0d625-C']

interface Seen {
  key: string
  partition: number
  timestamp: number
  headers: unknown[]
  channel: string
  best_bid: number
  best_bid_amount: number
}

it(
  'is read by a Python consumer that knows nothing but the JSON of the exchange',
  { ...needs('python'), ...needsBroker() },
  async (context) => {
    const packages = await pythonPackages(KAFKA_PYTHON).catch((error: unknown) => {
      // Throws on CI, where nothing may be skipped.
      const reason = `kafka-python cannot be installed: ${String(error)}`
      skipBecause(reason)
      return context.skip(reason)
    })
    const name = uniqueTopic('prices')
    const producer = await kafkaTopic({ brokers: [brokersOfRun()], name }).createProducer()
    const sent = Array.from({ length: 30 }, (_, index) => {
      const instrument = INSTRUMENTS[index % INSTRUMENTS.length] ?? ''
      const bids = [[61_000 + index / 2, 10 + index] as const]
      const value = Buffer.from(groupedSnapshot({ instrument, bids, changeId: 1000 + index }))
      return outgoing({
        topic: name,
        key: instrument,
        channel: `book.${instrument}.none.10.100ms`,
        value,
        timestampMs: 1_790_000_000_000 + index,
      })
    })
    for (const record of sent) producer.send(record)
    expect(await producer.flush(30_000)).toBe(0)

    const python = startProcess('python3', [SCRIPT, brokersOfRun(), name, String(sent.length)], {
      env: { PYTHONPATH: packages, PATH: process.env['PATH'] ?? '' },
    })
    expect({ ...(await python.exited), lines: python.lines.length }).toEqual({
      code: 0,
      signal: null,
      lines: sent.length,
    })
    const seen = python.stdout.map((line) => JSON.parse(line) as Seen)
    const byTime = seen.toSorted((a, b) => a.timestamp - b.timestamp)
    expect(byTime).toEqual(
      sent.map(({ key, channel, timestampMs }, index) => ({
        key,
        partition: partitionOfKey(key, 4),
        timestamp: timestampMs,
        headers: [],
        channel,
        best_bid: 61_000 + index / 2,
        best_bid_amount: 10 + index,
      })),
    )
  },
)

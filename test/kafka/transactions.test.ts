import { describe, expect, it, type TestContext } from 'vitest'
import { startService } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { BTC, groupedSnapshot } from '../support/frames.ts'
import { brokersOfRun, connectAdmin, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import {
  startPythonProducer,
  writeByJava,
  writeByPython,
  type ForeignStep,
} from './foreign-producers.ts'
import { twoTopics } from './two-topics.ts'

const LONG = { timeoutMs: 60_000 }

type Write = (steps: readonly ForeignStep[], context: TestContext) => Promise<void>

const WRITERS: readonly [string, ReturnType<typeof needs>, Write][] = [
  [
    'librdkafka',
    needs('python'),
    (steps, context) => writeByPython(brokersOfRun(), steps, context),
  ],
  ['the Java client', needs('java', 'maven'), (steps) => writeByJava(brokersOfRun(), steps)],
]

describe.each(WRITERS)('transactions of %s', (_name, tools, write) => {
  it(
    'leave no lag behind, and no aborted record',
    { ...tools, ...needsBroker() },
    async (context) => {
      const both = await twoTopics(brokersOfRun())
      const { name, trades, start, handler, valuesOf, skippedOf, restartCount, lags, consumer } =
        both
      const step = (transaction: 'commit' | 'abort', ...values: string[]): ForeignStep => ({
        transaction,
        codec: 'lz4',
        records: [name, trades].flatMap((topic) =>
          values.map((value) => ({ topic, key: '\0\0\0\0', value })),
        ),
      })
      await write(
        [
          step('commit', 'a', 'b'),
          step('abort', 'x', 'y'),
          step('commit', 'c'),
          step('abort', 'z'),
        ],
        context,
      )
      await start()
      await handler.waitFor(6)
      await eventually(() => {
        expect(lags()).toEqual([
          [name, 0],
          [trades, 0],
        ])
      }, LONG)
      expect(consumer.lag.read().map(({ seconds }) => seconds)).toEqual([0, 0])
      for (const topic of [name, trades]) {
        expect(valuesOf(topic)).toEqual(['a', 'b', 'c'])
        expect(skippedOf(topic)).toBe(0)
        // Either with the last record, or alone if a fetch had only later offsets.
        const ends = handler.records.filter((record) => record.topic === topic && record.isAtEnd)
        const reported = handler.caughtUp.filter((partition) => partition.topic === topic)
        expect(ends.length + reported.length).toBe(1)
      }
      expect(restartCount()).toBe(0)
    },
  )
})

describe('a book written in a transaction', { ...needs('python'), ...needsBroker() }, () => {
  const consumerOf = async () => {
    const topic = uniqueTopic('prices')
    const admin = await connectAdmin()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] })
    const start = () =>
      startService({
        ROLE: 'consumer',
        KAFKA_BROKERS: brokersOfRun(),
        KAFKA_TOPIC: topic,
        KAFKA_GROUP_ID: topic,
        TRADES: 'false',
        INSTRUMENTS: BTC,
        // This tests the state, not the speed of this machine.
        MAX_RECORD_AGE_MS: '60000',
        STALE_AFTER_MS: '60000',
      })
    const frame = (changeId: number) => ({
      topic,
      key: BTC,
      value: groupedSnapshot({ changeId, exchangeTimeMs: Date.now() }),
      timestamp: Date.now(),
    })
    return { topic, start, frame }
  }

  it('is live for a consumer that starts afterwards, and never shows aborted records', async (context) => {
    const { topic, start, frame } = await consumerOf()
    await writeByPython(
      brokersOfRun(),
      [
        { transaction: 'commit', records: [frame(1)] },
        { transaction: 'abort', records: [frame(2)] },
      ],
      context,
    )
    const consumer = await start()
    await eventually(async () => {
      expect(await consumer.state(BTC)).toBe('live')
      expect(await consumer.failing()).toEqual({})
    }, LONG)
    expect((await consumer.snapshot(BTC)).changeId).toBe(1)
    const of = `{topic=${topic},partition=0}`
    await eventually(async () => {
      expect(await consumer.value(`orderbook_consumer_lag_records${of}`)).toBe(0)
      expect(await consumer.value(`orderbook_consumer_lag_seconds${of}`)).toBe(0)
    })
  })

  it('waits for the end of the transaction, and the service reports it', async (context) => {
    const { topic, start, frame } = await consumerOf()
    await writeByPython(brokersOfRun(), [{ records: [frame(1)] }], context)
    const consumer = await start()
    await eventually(async () => expect(await consumer.state(BTC)).toBe('live'), LONG)
    const writer = await startPythonProducer(
      brokersOfRun(),
      [{ transaction: 'hold', records: [frame(2)] }],
      context,
    )
    await writer.waitForLine(/^held$/, LONG)
    await writeByPython(brokersOfRun(), [{ records: [frame(3)] }], context)
    const lag = `orderbook_consumer_lag_records{topic=${topic},partition=0}`
    const topics = async () => {
      const answer = await consumer.get('/api/v1/pipeline')
      return ((await answer.json()) as { topics: { problem: string | null }[] }).topics
    }
    await eventually(async () => {
      expect((await topics())[0]?.problem).toMatch(/partition 0: records from offset 1 are waiting/)
      expect(await consumer.value(lag)).toBe(2)
    }, LONG)
    expect((await consumer.snapshot(BTC)).changeId).toBe(1)
    writer.kill('SIGUSR1')
    await eventually(async () => {
      expect((await consumer.snapshot(BTC)).changeId).toBe(3)
      expect(await consumer.value(lag)).toBe(0)
      expect((await topics())[0]?.problem).toBeNull()
    }, LONG)
  })
})

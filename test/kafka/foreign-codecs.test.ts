import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { brokersOfRun, needsBroker } from '../support/kafka.ts'
import { needs } from '../support/needs.ts'
import { brokerPlace, ownBroker } from '../support/own-broker.ts'
import { outgoing } from '../topic/records.ts'
import { writeByJava, writeByPython, type ForeignStep } from './foreign-producers.ts'
import { twoTopics } from './two-topics.ts'

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
/** Length of the batch header; the bytes after it are covered by the checksum. */
const BATCH_HEAD_BYTES = 61

/** Compressible values, larger than one block of any codec. */
function valuesWith(codec: string): string[] {
  return Array.from({ length: 40 }, (_, index) => `${codec} ${index} ${'x'.repeat(5000)}`)
}

function stepsFor(topics: readonly string[]): ForeignStep[] {
  return CODECS.flatMap((codec) =>
    topics.map((topic) => ({
      codec,
      records: valuesWith(codec).map((value) => ({ topic, key: 'BTC-PERPETUAL', value })),
    })),
  )
}

describe('records compressed by another client', needsBroker(), () => {
  const readsAll = async (write: (steps: readonly ForeignStep[]) => Promise<void>) => {
    const both = await twoTopics(brokersOfRun())
    const { name, trades, start, handler, valuesOf, skippedOf, restartCount, consumer } = both
    await write(stepsFor([name, trades]))
    await start()
    const expected = CODECS.flatMap(valuesWith)
    await handler.waitFor(2 * expected.length)
    expect(valuesOf(name)).toEqual(expected)
    expect(valuesOf(trades)).toEqual(expected)
    expect([skippedOf(name), skippedOf(trades), restartCount()]).toEqual([0, 0, 0])
    expect(consumer.hasTrades).toBe(true)
  }

  it('are read with every codec of librdkafka', needs('python'), (context: TestContext) =>
    readsAll((steps) => writeByPython(brokersOfRun(), steps, context)),
  )

  it('are read with every codec of the Java client', needs('java', 'maven'), () =>
    readsAll((steps) => writeByJava(brokersOfRun(), steps)),
  )
})

describe('a topic whose broker compresses records', needsBroker(), () => {
  it.each(CODECS)('is read like any other: compression.type=%s', async (codec) => {
    const both = await twoTopics(brokersOfRun(), { 'compression.type': codec })
    const { name, trades, start, topic, handler, valuesOf, restartCount } = both
    const producer = await topic.createProducer()
    for (const of of [name, trades]) {
      for (const value of valuesWith(codec)) {
        producer.send(outgoing({ topic: of, channel: value, value: Buffer.from(value) }))
      }
    }
    expect(await producer.flush(30_000)).toBe(0)
    await start()
    await handler.waitFor(2 * valuesWith(codec).length)
    expect(valuesOf(name)).toEqual(valuesWith(codec))
    expect(valuesOf(trades)).toEqual(valuesWith(codec))
    expect(restartCount()).toBe(0)
  })
})

describe('an unreadable batch', needs('java', 'maven'), () => {
  it('is skipped and reported, in books and trades, and the records around it are read', async () => {
    const broker = await ownBroker(await brokerPlace())
    const both = await twoTopics(broker.brokers)
    const { name, trades, start, topic, handler, valuesOf, skippedOf, restartCount, logger } = both
    const producer = await topic.createProducer()
    // One batch each, of three records.
    for (const batch of ['a', 'b', 'c']) {
      for (const of of [name, trades]) {
        for (const index of [0, 1, 2]) {
          const value = Buffer.from(`${batch}${index}`)
          producer.send(outgoing({ topic: of, channel: value.toString(), value }))
        }
      }
      expect(await producer.flush(30_000)).toBe(0)
    }
    for (const of of [name, trades]) await damageBatch(broker.dataFolder, of, 'b1')
    await start()
    await handler.waitFor(12)
    const expected = ['a0', 'a1', 'a2', 'c0', 'c1', 'c2']
    expect(valuesOf(name)).toEqual(expected)
    expect(valuesOf(trades)).toEqual(expected)
    expect([skippedOf(name), skippedOf(trades), restartCount()]).toEqual([3, 3, 0])
    const coordinates = [name, trades].map((of) => ({
      topic: of,
      partition: 0,
      firstOffset: '3',
      lastOffset: '5',
      problem: 'checksum mismatch',
    }))
    expect(new Set(handler.unreadable)).toEqual(new Set(coordinates))
    const lines = logger.lines.filter(({ message }) => message === 'unreadable batch skipped')
    expect(new Set(lines.map(({ fields }) => fields))).toEqual(new Set(coordinates))
  })
})

/** Changes a byte of the batch that holds `value`, on the disk of the broker. */
async function damageBatch(dataFolder: string, topic: string, value: string): Promise<void> {
  const file = join(dataFolder, 'log', `${topic}-0`, '00000000000000000000.log')
  const bytes = await readFile(file)
  const at = bytes.indexOf(value)
  expect(at).toBeGreaterThan(BATCH_HEAD_BYTES)
  bytes[at] = (bytes[at] ?? 0) ^ 0x20
  await writeFile(file, bytes)
}

import { encodeNumbers, encodeNumbersState } from '../http/schemas/numbers.ts'
import { DEFINITIONS } from '../http/schemas/snapshot-json.ts'
import type { NumberAxes } from '../model/snapshot.ts'
import { type NumbersSource, NumbersPublisher } from '../numbers/numbers-publisher.ts'
import { createNumbersMetrics, exposeNumbersProducer } from '../topic/metrics.ts'
import type { BatchingProducer } from '../topic/producer/batching-producer.ts'
import type { RoleContext } from './context.ts'

/** What the consumer role writes to the topic of numbers. */
export interface NumbersOutput {
  readonly publisher: NumbersPublisher
  readonly producer: BatchingProducer
  start(): Promise<void>
  /** Stops publishing, sends what waits, and stops the producer within `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>
}

/**
 * Creates the output to the topic of numbers; null without KAFKA_NUMBERS_TOPIC.
 * @param source the books, which are created after this
 */
export function createNumbersOutput(
  { config, clock, loggerOf, registry, topics }: RoleContext,
  source: () => NumbersSource & NumberAxes,
): NumbersOutput | null {
  const { KAFKA_NUMBERS_TOPIC: topic } = config.settings
  if (topics.createNumbersProducer === null || topic === undefined) return null
  const metrics = createNumbersMetrics(registry)
  const producer = topics.createNumbersProducer(metrics)
  exposeNumbersProducer(registry, producer)
  const publisher = new NumbersPublisher(
    { topic, definitions: DEFINITIONS },
    {
      source: {
        states: () => source().states(),
        instrument: (name) => source().instrument(name),
        snapshot: (name, depth) => source().snapshot(name, depth),
        summary: (name) => source().summary(name),
      },
      producer,
      clock,
      logger: loggerOf('numbers'),
      encodeNumbers: (view) => encodeNumbers(view, source()),
      encodeState: (view) => encodeNumbersState(view, source()),
      onDropped(reason) {
        const { conflated, queue_full } = metrics.dropped
        if (reason === 'superseded') conflated.add()
        else queue_full.add()
      },
    },
  )
  return {
    publisher,
    producer,
    async start() {
      publisher.start()
      await producer.start()
    },
    async stop(timeoutMs) {
      publisher.stop()
      await producer.flush(timeoutMs / 2)
      await producer.stop(timeoutMs / 2)
    },
  }
}

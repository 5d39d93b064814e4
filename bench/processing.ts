import { MessageParser } from '../src/deribit/protocol/parse-message.ts'
import type { Logger, Tracing } from '../src/model/telemetry.ts'
import type { MetricRegistry } from '../src/observability/metrics/registry.ts'
import { BookStore, type BookStoreOptions } from '../src/process/books/book-store.ts'
import { createProcessMetrics } from '../src/process/metrics.ts'
import { RecordProcessor, RejectedRecords } from '../src/process/record-processor.ts'
import type { Clock } from '../src/time/clock.ts'

/** The books of the service and what applies records to them, without a topic; depths 1, 5 and 10. */
export function createProcessing(
  options: Pick<BookStoreOptions, 'namedInstruments' | 'bandsBps' | 'maxInstruments' | 'signals'>,
  deps: { registry: MetricRegistry; clock: Clock; tracing: Tracing; logger: Logger },
) {
  const { registry, clock, tracing, logger } = deps
  const metrics = createProcessMetrics(registry)
  const store = new BookStore(
    {
      staleAfterMs: 5000,
      producerSilentAfterMs: 60_000,
      maxRecordAgeMs: 5000,
      imbalanceDepths: [1, 5, 10],
      windowsMs: [1000, 10_000, 60_000],
      ...options,
    },
    {
      clock,
      counters: metrics,
      partitionOf: () => 0,
      amountUnitOf: () => null,
      isWanted: () => false,
      isReadToEnd: () => true,
      isWrittenInOtherPartitions: () => false,
    },
  )
  const parser = new MessageParser()
  const processor = new RecordProcessor(
    { booksTopic: 'prices', tradesTopic: 'trades' },
    {
      store,
      rejectedRecords: new RejectedRecords(),
      parse: parser.parseRecord,
      groupedChannelOf: parser.groupedChannelOf,
      metrics,
      tracing,
      logger,
    },
  )
  return { store, processor, metrics }
}

import type { BookFrame } from '../../src/model/frames.ts'
import { LevelList } from '../../src/model/level-list.ts'
import { LazyTracing } from '../../src/observability/tracing/lazy-tracing.ts'
import { ActiveSpan } from '../../src/observability/tracing/span.ts'
import { recordingLogger } from '../http/fakes.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { BTC, BTC_GROUPED } from '../support/frames.ts'

export const NOW_MS = 1_790_000_000_000
export const VERSION = '1.2.3'

/** Tracing of every frame, with the variables that `npm start` would read; its parts for assertions. */
export async function tracingTo(
  endpoint: string,
  variables: Readonly<Record<string, string>> = {},
) {
  const counts = { spans: 0, dropped: 0, failures: 0 }
  const clock = new FakeClock()
  const logger = recordingLogger()
  const tracing = new LazyTracing(
    {
      variables: {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_BSP_MAX_QUEUE_SIZE: '100',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10',
        OTEL_BSP_SCHEDULE_DELAY: '20',
        ...variables,
      },
      version: VERSION,
      resource: { 'service.name': 's', 'service.version': VERSION, 'orderbook.role': 'all' },
      ratio: 1,
      isSampling: true,
      slowMs: 500,
      consumerGroup: 'group',
    },
    {
      clock,
      logger,
      random: Math.random,
      activeSpan: new ActiveSpan(),
      spans: { add: () => void (counts.spans += 1) },
      spansDropped: { add: (n = 1) => void (counts.dropped += n) },
      exportFailures: { add: () => void (counts.failures += 1) },
      slowSuppressed: { add() {} },
      sampledSuppressed: { add() {} },
    },
  )
  await tracing.start()
  return { tracing, counts, clock, logger }
}

const FRAME: BookFrame = {
  type: 'book',
  kind: 'grouped',
  instrument: BTC,
  channel: BTC_GROUPED,
  changeId: 7,
  prevChangeId: null,
  exchangeTimeMs: NOW_MS,
  maxLevels: 10,
  bids: LevelList.of([]),
  asks: LevelList.of([]),
}

/** Makes one span, `receive`, with an error. */
export function addSpan(
  { tracing, clock }: { tracing: LazyTracing; clock: FakeClock },
  receivedTimeMs = NOW_MS + 0.25,
): void {
  const receivedMonotonicMs = clock.monotonicMs()
  const receipt = { receivedTimeMs, receivedMonotonicMs, bytes: Buffer.alloc(0), answers: null }
  tracing.receive(FRAME, receipt)?.refuse('timeout')
}

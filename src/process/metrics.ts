import type { ApplyResult } from '../book/channel-book.ts'
import type { DiscardReason } from '../model/signals.ts'
import * as catalogue from '../observability/catalogue/catalogue.ts'
import type { LabelsOf } from '../observability/catalogue/definition.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'

/** Registers the counters and histograms of processing. */
export function createProcessMetrics(registry: MetricRegistry) {
  const lag = registry.histogram(catalogue.pipelineLag)
  return {
    consumed: registry.counter(catalogue.consumedRecords),
    conflated: registry.counter(catalogue.conflatedRecords),
    invalid: registry.counter(catalogue.invalidRecords),
    receiveToConsume: lag.series({ stage: 'receive_to_consume' }),
    consumeToPublish: lag.series({ stage: 'consume_to_publish' }),
    receiveToPublish: lag.series({ stage: 'receive_to_publish' }),
    total: lag.series({ stage: 'total' }),
    clockSkewEvents: registry.counter(catalogue.clockSkewEvents).series({}),
    ...createBookCounters(registry),
  }
}

/** Registers the counters of the records that are applied to the books. */
function createBookCounters(registry: MetricRegistry) {
  const rejected = registry.counter(catalogue.rejectedUpdates)
  const sequenceBreaks = registry.counter(catalogue.sequenceBreaks)
  const discarded = registry.counter(catalogue.signalDiscarded)
  return {
    rejected: (reason: LabelsOf<typeof catalogue.rejectedUpdates.labels>['reason']) =>
      rejected.series({ reason }).add(),
    sequenceBroken: (reason: LabelsOf<typeof catalogue.sequenceBreaks.labels>['reason']) =>
      sequenceBreaks.series({ reason }).add(),
    signalDiscarded: (reason: DiscardReason, count: number) =>
      discarded.series({ reason }).add(count),
  }
}

export type BookCounters = ReturnType<typeof createBookCounters>

export type ProcessMetrics = ReturnType<typeof createProcessMetrics>

/** Registers the gauge of the delay floor; no series while `readMs` returns null. */
export function exposeDelayFloor(registry: MetricRegistry, readMs: () => number | null): void {
  registry.gauge(catalogue.topicDelayFloor, () => {
    const floorMs = readMs()
    return floorMs === null ? [] : [{ labels: {}, value: floorMs / 1000 }]
  })
}

/** Counts an apply result that is a sequence break or a rejection; ignores all others. */
export function countResult(counters: BookCounters, result: ApplyResult): void {
  switch (result) {
    case 'new_sequence':
      counters.sequenceBroken('sequence_reset')
      break
    case 'gap':
      counters.sequenceBroken('gap')
      break
    case 'mismatch':
      counters.rejected('checkpoint_mismatch')
      break
    case 'duplicate':
    case 'non_finite':
    case 'negative':
    case 'unsorted':
      counters.rejected(result)
      break
    case 'accepted':
    case 'verified':
    case 'waiting':
      break
  }
}

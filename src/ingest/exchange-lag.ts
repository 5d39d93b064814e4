import { CLOCK_TICK_MS } from '../model/clock.ts'
import type { OffsetEstimate } from '../model/feed.ts'
import type { BookFrame, Receipt } from '../model/frame.ts'
import type { SampledUpdate } from '../model/tracing.ts'
import type { IngestMetrics } from './metrics.ts'

/**
 * Observes the lag from the exchange's timestamp to the receipt, on the exchange's clock. Below zero
 * by more than the offset can be wrong it is skew and counted; it is clamped to 0 either way.
 * Nothing is observed while the offset is unknown.
 */
export function observeExchangeLag(
  frame: BookFrame,
  receipt: Receipt,
  offset: OffsetEstimate | null,
  metrics: Pick<IngestMetrics, 'exchangeToReceive' | 'clockSkewEvents'>,
  update: SampledUpdate | null,
): void {
  if (offset === null) return
  const lagMs = receipt.receivedTimeMs + offset.offsetMs - frame.exchangeTimeMs
  if (lagMs < -(offset.uncertaintyMs + CLOCK_TICK_MS)) metrics.clockSkewEvents.add()
  const lagSeconds = Math.max(0, lagMs) / 1000
  metrics.exchangeToReceive.observe(lagSeconds)
  if (update !== null) {
    metrics.exchangeToReceive.setExemplar(lagSeconds, update.traceId, receipt.receivedTimeMs)
  }
}

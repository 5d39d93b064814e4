import { ATTRIBUTES, MESSAGING_SYSTEM } from './attributes.ts'
import { frameAttributes, type UpdateDeps } from './received-update.ts'
import type { FinishedSpan, SpanIds } from './span.ts'
import { epochMs, type TracedFrame, type TracedRecord } from './stamped.ts'
import { newSpanId } from './trace-context.ts'

export interface PublishTimes {
  readonly readMonotonicMs: number
  readonly publishedMonotonicMs: number
}

/** A record in stage 2, and the spans `process` and, inside of it, `publish`. */
export class ProcessedUpdate {
  readonly traceId: string
  readonly #ids: SpanIds
  readonly #parent: SpanIds & { readonly isRemote: boolean }
  readonly #record: TracedRecord
  readonly #consumerGroup: string
  readonly #deps: UpdateDeps

  /** @param parent the span `send` of the record, or where that is not known its root */
  constructor(
    parent: SpanIds & { readonly isRemote: boolean },
    record: TracedRecord,
    consumerGroup: string,
    deps: UpdateDeps,
  ) {
    this.traceId = parent.traceId
    this.#ids = { traceId: parent.traceId, spanId: newSpanId() }
    this.#parent = parent
    this.#record = record
    this.#consumerGroup = consumerGroup
    this.#deps = deps
  }

  run(inside: () => void): void {
    this.#deps.activeSpan.run(this.#ids, inside)
  }

  publish(frame: TracedFrame, times: PublishTimes): void {
    this.#process(times.publishedMonotonicMs, frameAttributes(frame), null)
    this.#deps.recorder.record({
      ids: { traceId: this.traceId, spanId: newSpanId() },
      parentSpanId: this.#ids.spanId,
      isParentRemote: false,
      name: 'publish',
      kind: 'internal',
      startTimeMs: this.#epochMs(times.readMonotonicMs),
      endTimeMs: this.#epochMs(times.publishedMonotonicMs),
      attributes: { [ATTRIBUTES.instrument]: frame.instrument },
      links: [],
      problem: null,
    })
  }

  skip(reason: string): void {
    this.#process(this.#deps.clock.monotonicMs(), {}, reason)
  }

  #process(endMonotonicMs: number, more: FinishedSpan['attributes'], problem: string | null): void {
    const { topic, partition, offset, arrivedTimeMs } = this.#record
    this.#deps.recorder.record({
      ids: this.#ids,
      parentSpanId: this.#parent.spanId,
      isParentRemote: this.#parent.isRemote,
      name: `process ${topic}`,
      kind: 'consumer',
      startTimeMs: arrivedTimeMs,
      endTimeMs: this.#epochMs(endMonotonicMs),
      attributes: {
        [ATTRIBUTES.system]: MESSAGING_SYSTEM,
        [ATTRIBUTES.destination]: topic,
        [ATTRIBUTES.partition]: String(partition),
        [ATTRIBUTES.offset]: Number(offset),
        [ATTRIBUTES.operationName]: 'process',
        [ATTRIBUTES.operationType]: 'process',
        [ATTRIBUTES.consumerGroup]: this.#consumerGroup,
        ...more,
      },
      links: [],
      problem,
    })
  }

  #epochMs(monotonicTimestampMs: number): number {
    const { arrivedTimeMs, arrivedMonotonicMs } = this.#record
    return epochMs({ wallMs: arrivedTimeMs, monotonicMs: arrivedMonotonicMs }, monotonicTimestampMs)
  }
}

import { describe, expect, it } from 'vitest'
import { LazyRecorder } from '../../src/observability/tracing/exporter.ts'
import { type FinishedSpan, newSpanId, newTraceId } from '../../src/observability/tracing/span.ts'
import { recordingLogger } from '../http/fakes.ts'
import { eventually } from '../support/eventually.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { startOtlpReceiver } from '../support/otlp/otlp-receiver.ts'

const NOW_MS = 1_790_000_000_000

function span(given: Partial<FinishedSpan> = {}): FinishedSpan {
  return {
    ids: { traceId: newTraceId(), spanId: newSpanId() },
    parentSpanId: null,
    isParentRemote: false,
    name: 'receive',
    kind: 'internal',
    startTimeMs: NOW_MS + 0.25,
    endTimeMs: NOW_MS + 1.5,
    attributes: { text: 'x', number: 3, flag: true },
    links: [],
    problem: null,
    ...given,
  }
}

async function recorderTo(url: string, queueMaxSpans = 100) {
  const counts = { spans: 0, dropped: 0, failures: 0 }
  const clock = new FakeClock()
  const logger = recordingLogger()
  const recorder = new LazyRecorder(
    {
      url,
      queueMaxSpans,
      batchMaxSpans: 10,
      scheduleDelayMs: 20,
      resource: { 'service.name': 's' },
    },
    {
      clock,
      logger,
      spans: { add: () => void (counts.spans += 1) },
      spansDropped: { add: (n = 1) => void (counts.dropped += n) },
      exportFailures: { add: () => void (counts.failures += 1) },
    },
  )
  await recorder.start()
  return { recorder, counts, clock, logger }
}

describe('the export of spans', () => {
  it('exports a span with its ids, times, links and status', async () => {
    const receiver = await startOtlpReceiver()
    const { recorder, counts } = await recorderTo(`${receiver.endpoint}/v1/traces`)
    const link = { traceId: newTraceId(), spanId: newSpanId() }
    const given = span({ parentSpanId: newSpanId(), links: [link], problem: 'timeout' })
    recorder.record(given)
    await recorder.stop(10_000)
    expect(receiver.spans).toEqual([
      {
        ...given.ids,
        parentSpanId: given.parentSpanId,
        isParentRemote: false,
        name: 'receive',
        kind: 'SPAN_KIND_INTERNAL',
        startTimeMs: given.startTimeMs,
        endTimeMs: given.endTimeMs,
        attributes: { text: 'x', number: 3, flag: true, 'error.type': 'timeout' },
        links: [link],
        status: 'STATUS_CODE_ERROR',
        resource: expect.objectContaining({ 'service.name': 's' }) as unknown,
      },
    ])
    expect(counts).toEqual({ spans: 1, dropped: 0, failures: 0 })
  })

  it('accepts invalid times, because a record may contain any', async () => {
    const receiver = await startOtlpReceiver()
    const { recorder } = await recorderTo(`${receiver.endpoint}/v1/traces`)
    recorder.record(span({ startTimeMs: -1, endTimeMs: NOW_MS }))
    recorder.record(span({ startTimeMs: NOW_MS, endTimeMs: NOW_MS - 5 }))
    await recorder.stop(10_000)
    expect(receiver.spans.map(({ startTimeMs, endTimeMs }) => [startTimeMs, endTimeMs])).toEqual([
      [0, NOW_MS],
      [NOW_MS, NOW_MS],
    ])
  })

  it('queues a bounded number of spans for a collector that does not answer, and counts the dropped ones', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(0)
    const { recorder, counts } = await recorderTo(`${receiver.endpoint}/v1/traces`)
    for (let index = 0; index < 250; index += 1) recorder.record(span())
    expect(counts).toEqual({ spans: 250, dropped: 150, failures: 0 })
    await eventually(() => receiver.requests() > 0)
    recorder.record(span())
    // Spans being exported are not delivered yet.
    expect(counts.dropped).toBe(151)
  })

  it('waits at most five seconds for the last export, less if less time is left', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(0)
    for (const [timeoutMs, expectedMs] of [
      [60_000, 5000],
      [300, 300],
    ] as const) {
      const { recorder, clock } = await recorderTo(`${receiver.endpoint}/v1/traces`)
      recorder.record(span())
      let isStopped = false
      const stopped = recorder.stop(timeoutMs).then(() => {
        isStopped = true
      })
      const before = receiver.requests()
      await eventually(() => receiver.requests() > before)
      clock.advance(expectedMs - 1)
      await new Promise((resolve) => setImmediate(resolve))
      expect(isStopped).toBe(false)
      clock.advance(1)
      // The export itself times out much later.
      await new Promise((resolve) => setImmediate(resolve))
      expect(isStopped).toBe(true)
      await stopped
    }
  })

  it('counts spans before its start and after its stop as dropped', async () => {
    const receiver = await startOtlpReceiver()
    const { recorder, counts } = await recorderTo(`${receiver.endpoint}/v1/traces`)
    await recorder.stop(1000)
    recorder.record(span())
    expect(counts).toEqual({ spans: 1, dropped: 1, failures: 0 })
    expect(receiver.requests()).toBe(0)
  })

  it('counts and logs a refused export, and continues', async () => {
    const receiver = await startOtlpReceiver()
    receiver.answer(400)
    const { recorder, counts, logger } = await recorderTo(`${receiver.endpoint}/v1/traces`)
    recorder.record(span())
    await eventually(() => counts.failures === 1)
    expect(counts.dropped).toBe(1)
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'spans could not be exported' }])
    receiver.answer(200)
    recorder.record(span())
    await eventually(() => receiver.spans.length === 1)
    await recorder.stop(10_000)
  })
})

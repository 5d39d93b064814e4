import type { PipelineView, StageView } from '../model/pipeline.ts'
import type { InstrumentView } from '../model/snapshot.ts'

/** One look at the running demo. */
export interface DemoReading {
  /** Monotonic ms. */
  readonly readMs: number
  readonly instruments: readonly InstrumentView[]
  readonly pipeline: PipelineView
}

/** What a person wants to know of the demo, in one line; rates since the look before. */
export function statusText(reading: DemoReading, before: DemoReading): string {
  const { instruments, pipeline } = reading
  const live = instruments.filter(({ state }) => state === 'live').length
  const seconds = (reading.readMs - before.readMs) / 1000
  const frames = receivedFrames(reading) - receivedFrames(before)
  const total = pipeline.stages.find(({ stage }) => stage === 'total')
  return [
    `${live}/${instruments.length} books live${whyNot(instruments)}`,
    `${seconds > 0 ? Math.round(frames / seconds) : 0} frames/s`,
    `exchange to value ${lagText(total)}`,
    `topic lag ${topicLagText(pipeline)}`,
  ].join(' | ')
}

function receivedFrames({ pipeline }: DemoReading): number {
  return (pipeline.delivery ?? []).reduce((sum, { received }) => sum + received, 0)
}

/** The state that most books are in which are not live. */
function whyNot(instruments: readonly InstrumentView[]): string {
  const counts = new Map<string, number>()
  for (const { state, reason } of instruments) {
    if (state === 'live') continue
    const name = reason === null || reason === state ? state : `${state}: ${reason}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a)
  return most === undefined ? '' : ` (${most[0]})`
}

function lagText(stage: StageView | undefined): string {
  const { p50Ms = null, p99Ms = null } = stage ?? {}
  if (p50Ms === null || p99Ms === null) return 'not measured yet'
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
}

/** The partition most behind; one whose lag is not known makes the whole unknown. */
function topicLagText({ partitions }: PipelineView): string {
  if (partitions === null || partitions.length === 0) return 'unknown'
  let greatest = 0
  for (const { lagSeconds } of partitions) {
    if (lagSeconds === null) return 'unknown'
    greatest = Math.max(greatest, lagSeconds)
  }
  return `${greatest.toFixed(1)} s`
}

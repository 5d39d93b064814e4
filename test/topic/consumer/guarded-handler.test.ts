import { beforeEach, describe, expect, it } from 'vitest'
import type { RecordHandler, TopicRecord } from '../../../src/model/topic.ts'
import { MetricRegistry } from '../../../src/observability/metrics/registry.ts'
import { GuardedHandler } from '../../../src/topic/consumer/guarded-handler.ts'
import { createConsumerMetrics } from '../../../src/topic/metrics.ts'

const PLACE = { topic: 'prices', partition: 2 }
const RECORD: TopicRecord = {
  ...PLACE,
  offset: '41',
  key: 'BTC-PERPETUAL',
  value: Buffer.from('{}'),
  timestampMs: 1,
  headers: undefined,
  arrivedTimeMs: 2,
  arrivedMonotonicMs: 3,
  isReplayed: false,
  isAtEnd: true,
}
const RANGE = { ...PLACE, firstOffset: '4', lastOffset: '9', problem: 'cut off' }

let calls: unknown[][] = []
let failure: Error | null = null
let errors: unknown[][] = []

function handlerThat(): RecordHandler {
  const called = (...call: unknown[]) => {
    calls.push(call)
    if (failure !== null) throw failure
  }
  return {
    onPartitionCount: (...call) => called('onPartitionCount', ...call),
    onAssigned: (...call) => called('onAssigned', ...call),
    onRevoked: (...call) => called('onRevoked', ...call),
    onRecord: (...call) => called('onRecord', ...call),
    onCaughtUp: (...call) => called('onCaughtUp', ...call),
    supersedableChannel(...call) {
      called('supersedableChannel', ...call)
      return 'book.BTC-PERPETUAL.none.10.100ms'
    },
    onSuperseded: (...call) => called('onSuperseded', ...call),
    onUnreadable: (...call) => called('onUnreadable', ...call),
  }
}

function guarded() {
  const metrics = createConsumerMetrics(new MetricRegistry({ role: 'consumer' }))
  const ignore = () => undefined
  const error = (...line: unknown[]) => void errors.push(line)
  const logger = { debug: ignore, info: ignore, warn: ignore, error }
  return { metrics, handler: new GuardedHandler({ handler: handlerThat(), metrics, logger }) }
}

const NOTICES: readonly [name: string, call: (handler: RecordHandler) => void, given: unknown[]][] =
  [
    ['onPartitionCount', (handler) => handler.onPartitionCount('prices', 4), ['prices', 4]],
    ['onAssigned', (handler) => handler.onAssigned([PLACE]), [[PLACE]]],
    ['onRevoked', (handler) => handler.onRevoked([PLACE]), [[PLACE]]],
    ['onRecord', (handler) => handler.onRecord(RECORD), [RECORD]],
    ['onCaughtUp', (handler) => handler.onCaughtUp(PLACE), [PLACE]],
    ['onSuperseded', (handler) => handler.onSuperseded(RECORD), [RECORD]],
    ['onUnreadable', (handler) => handler.onUnreadable(RANGE), [RANGE]],
  ]

describe('GuardedHandler', () => {
  beforeEach(() => {
    calls = []
    errors = []
    failure = null
  })

  it.each(NOTICES)('passes %s on as it is', (name, call, given) => {
    call(guarded().handler)
    expect(calls).toEqual([[name, ...given]])
    expect(errors).toEqual([])
  })

  it.each(NOTICES)('logs what %s throws, once, and goes on', (name, call) => {
    failure = new Error('broken')
    call(guarded().handler)
    expect(calls.map(([called]) => called)).toEqual([name])
    expect(errors).toEqual([[expect.objectContaining({ err: failure }), expect.any(String)]])
  })

  it('counts and names a record whose handler throws', () => {
    failure = new Error('broken')
    const { handler, metrics } = guarded()
    handler.onRecord(RECORD)
    expect(metrics.skipped.series({ topic: 'prices' }).value).toBe(1)
    expect(errors[0]?.[0]).toEqual({ err: failure, ...PLACE, offset: '41' })
  })

  it('returns the channel of a record that may be superseded', () => {
    expect(guarded().handler.supersedableChannel(RECORD)).toBe('book.BTC-PERPETUAL.none.10.100ms')
  })

  it('lets a record be handled when asking for its channel throws', () => {
    failure = new Error('broken')
    expect(guarded().handler.supersedableChannel(RECORD)).toBeNull()
    expect(errors).toHaveLength(1)
  })
})

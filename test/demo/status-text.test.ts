import { expect, it } from 'vitest'
import { type DemoReading, statusText } from '../../src/demo/terminal.ts'
import type { InstrumentView } from '../../src/model/snapshot.ts'

const book = (
  state: InstrumentView['state'],
  reason: InstrumentView['reason'],
): InstrumentView => ({
  instrument: 'X',
  state,
  reason,
  sinceMs: 0,
  lastUpdateMs: null,
  verifiedTimeMs: null,
  updatesTotal: 0,
})

function reading(
  readMs: number,
  received: number,
  more: { instruments?: InstrumentView[]; lagSeconds?: number | null; count?: number } = {},
): DemoReading {
  const { instruments = [], lagSeconds = 0, count = 0 } = more
  return {
    readMs,
    instruments,
    pipeline: {
      role: 'all',
      feed: null,
      clockOffset: null,
      stages: [
        {
          stage: 'total',
          count,
          p50Ms: count === 0 ? null : 1.26,
          p99Ms: count === 0 ? null : 8.04,
          meanMs: count === 0 ? null : 2,
        },
      ],
      delivery: [
        {
          topic: 'prices',
          received,
          produced: 0,
          dropped: {},
          queued: 0,
          inFlight: 0,
          problem: null,
        },
        {
          topic: 'trades',
          received: 10,
          produced: 0,
          dropped: {},
          queued: 0,
          inFlight: 0,
          problem: null,
        },
      ],
      topics: null,
      partitions: [
        { topic: 'prices', partition: 0, lagRecords: 0, lagSeconds: 0.2 },
        { topic: 'prices', partition: 1, lagRecords: 0, lagSeconds },
      ],
      rejectedRecords: [],
    },
  }
}

it('shows live books, frame rate and lags', () => {
  const instruments = [book('live', null), book('live', null)]
  const text = statusText(
    reading(3000, 500, { instruments, lagSeconds: 1.25, count: 3 }),
    reading(1000, 100),
  )
  expect(text).toBe(
    '2/2 books live | 200 frames/s | exchange to value p50 1.3 ms, p99 8.0 ms | topic lag 1.3 s',
  )
})

it('shows the most frequent state of the other books with its reason', () => {
  const instruments = [
    book('one_sided', 'one_sided'),
    book('live', null),
    book('stale', 'unverified'),
    book('stale', 'unverified'),
  ]
  expect(statusText(reading(2000, 0, { instruments }), reading(1000, 0))).toMatch(
    /^1\/4 books live \(stale: unverified\) \| 0 frames\/s \| exchange to value not measured yet/,
  )
  expect(
    statusText(reading(2000, 0, { instruments: instruments.slice(0, 2) }), reading(1000, 0)),
  ).toMatch(/^1\/2 books live \(one_sided\)/)
})

it('shows an unknown lag as unknown', () => {
  expect(statusText(reading(2, 0, { lagSeconds: null }), reading(1, 0))).toMatch(
    /topic lag unknown$/,
  )
})

import { describe, expect, it } from 'vitest'
import { FakePipeline, httpApp } from '../fakes.ts'

describe('/api/v1/pipeline', () => {
  it('shows both roles of the process', async () => {
    const pipeline = new FakePipeline()
    pipeline.view = {
      role: 'all',
      feed: {
        isConnected: true,
        lastFrameMonotonicMs: 5,
        lastFrameTimeMs: 1_790_000_000_000,
        requestedChannels: 4,
        acknowledgedChannels: 3,
        wantedCount: 2,
        hasBook: true,
        missingChannels: ['book.X.none.10.100ms'],
        suspendedChannels: [
          {
            channel: 'book.Y.none.10.100ms',
            reason: 'unreadable',
            detail: 'unreadable frames',
            count: 2,
            sinceMs: 1_790_000_000_002,
            retryTimeMs: 1_790_000_020_002,
          },
        ],
        suspendedCount: 1,
        refusedCount: 0,
        problem: null,
      },
      clockOffset: { offsetMs: -12.5, uncertaintyMs: 1, roundTripMs: 2 },
      stages: [{ stage: 'receive_to_publish', count: 7, p50Ms: 1.5, p99Ms: null, meanMs: 1.75 }],
      delivery: [
        {
          topic: 'prices',
          received: 10,
          produced: 6,
          dropped: { conflated: 1, shutdown: 0 },
          queued: 2,
          inFlight: 1,
          problem: 'the broker is away',
        },
      ],
      topics: [
        { topic: 'prices', isRead: true, problem: null },
        { topic: 'trades', isRead: false, problem: '3 partitions, but prices has 4' },
      ],
      partitions: [{ topic: 'prices', partition: 3, lagRecords: 9, lagSeconds: 1.25 }],
      rejectedRecords: [
        {
          topic: 'prices',
          partition: 1,
          offset: '17',
          reason: 'json',
          excerpt: 'not json',
          skippedTimeMs: 1_790_000_000_001,
        },
      ],
    }
    const { app } = httpApp({ pipeline })
    const response = await app.inject('/api/v1/pipeline')
    expect(response.statusCode).toBe(200)
    const { feed, ...rest } = pipeline.view
    // Monotonic times are meaningless outside the process; the rest is for the readiness check.
    const inside = { lastFrameMonotonicMs: undefined, wantedCount: undefined, hasBook: undefined }
    const connection = { ...feed, ...inside }
    expect(response.json()).toEqual({ ...rest, connection })
  })

  it('has null for the parts that the role does not have', async () => {
    const { app } = httpApp()
    expect((await app.inject('/api/v1/pipeline')).json()).toEqual({
      role: 'all',
      connection: null,
      clockOffset: null,
      stages: [],
      delivery: null,
      topics: null,
      partitions: null,
      rejectedRecords: null,
    })
  })
})

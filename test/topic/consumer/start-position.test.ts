import { describe, expect, it } from 'vitest'
import { warmStart, type WarmStartOptions } from '../../../src/topic/consumer/start-position.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NOW_MS = 1_790_000_000_000

/** Start offset of a warm start in a partition that got a record each millisecond until now. */
async function startOf(options: Partial<WarmStartOptions>, records: number): Promise<bigint> {
  const starts = await warmStart(
    { warmupMs: 60_000, warmupMaxRecords: 50_000, minWarmupMs: null, ...options },
    new FakeClock({ wallMs: NOW_MS }),
  )({
    topic: 'prices',
    partitions: [0],
    ends: new Map([[0, BigInt(records)]]),
    atTime: (timestampMs) => {
      const offset = Math.max(0, records - (NOW_MS - timestampMs))
      return Promise.resolve(new Map([[0, BigInt(offset)]]))
    },
  })
  return starts.get(0) ?? -1n
}

describe('a warm start', () => {
  it('starts `warmupMs` ago', async () => {
    expect(await startOf({ warmupMs: 1000 }, 100_000)).toBe(99_000n)
  })

  it('starts at most `warmupMaxRecords` before the end', async () => {
    expect(await startOf({ warmupMaxRecords: 500 }, 100_000)).toBe(99_500n)
  })

  it('starts at a full checkpoint, however many records that is', async () => {
    expect(await startOf({ warmupMaxRecords: 500, minWarmupMs: 20_000 }, 100_000)).toBe(80_000n)
    expect(await startOf({ warmupMs: 60_000, minWarmupMs: 20_000 }, 100_000)).toBe(50_000n)
  })

  it('starts at the first record of a younger topic', async () => {
    expect(await startOf({}, 10)).toBe(0n)
    expect(await startOf({ minWarmupMs: 60_000 }, 0)).toBe(0n)
  })
})

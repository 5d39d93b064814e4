import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Silence } from '../../web/data/silence.ts'
import { topicLagSeconds } from '../../web/data/topic-lag.ts'

const lag = (lagSeconds: number | null, partition = 0) => ({
  topic: 'prices',
  partition,
  lagRecords: 5,
  lagSeconds,
})

describe('the lag of the topic', () => {
  it('is the largest lag of the partitions', () => {
    expect(topicLagSeconds([lag(0), lag(2.5, 1)])).toBe(2.5)
  })

  it('is unknown if that of one partition is unknown or there is no partition', () => {
    expect(topicLagSeconds([lag(0), lag(null, 1)])).toBeNull()
    expect(topicLagSeconds([])).toBeNull()
  })
})

describe('silence', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is measured on the clock of the page, independent of the clock of the service', () => {
    const silence = new Silence()
    silence.check(null)
    vi.advanceTimersByTime(9000)
    expect(silence.ms).toBe(0)
    for (const skewMs of [-60_000, 60_000]) {
      silence.check(Date.now() + skewMs)
      vi.advanceTimersByTime(1000)
      silence.check(Date.now() + skewMs)
      expect(silence.ms).toBe(0)
      const newestMs = Date.now() + skewMs
      vi.advanceTimersByTime(3000)
      expect(silence.ms).toBe(0)
      silence.check(newestMs)
      expect(silence.ms).toBe(3000)
    }
  })
})

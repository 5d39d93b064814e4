import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hopMeans } from '../../web/data/hop-means.ts'
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

describe('the bar of hops', () => {
  const stage = (name: string, meanMs: number | null) =>
    [name, { stage: name, count: 10, p50Ms: 1, p99Ms: 900, meanMs }] as const
  const measured = [
    stage('exchange_to_receive', 8),
    stage('receive_to_consume', 3.5),
    stage('consume_to_publish', 0.5),
    stage('receive_to_send', 2),
  ]

  it('adds means, never medians', () => {
    expect(hopMeans(new Map(measured))).toEqual({ ms: [8, 3.5, 0.5], sumMs: 12 })
  })

  it.each(measured.slice(0, 3).map(([name]) => name))(
    'is absent where %s is not measured: the others are no whole',
    (name) => {
      expect(hopMeans(new Map(measured.filter(([other]) => other !== name)))).toBeNull()
      expect(hopMeans(new Map([...measured, stage(name, null)]))).toBeNull()
    },
  )
})

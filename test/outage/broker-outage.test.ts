import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ReferenceChecker } from '../storm/reference-checker.ts'
import { eventually } from '../support/eventually.ts'
import { needsBroker } from '../support/kafka.ts'
import { ownBroker } from '../support/own-broker.ts'
import { assertTopicHolds } from '../support/topic-holds.ts'
import { inOrderOnce, readFrames } from '../support/read-topic.ts'
import { isSoak } from '../support/soak.ts'
import {
  allLive,
  drainedDelivery,
  LONG,
  secondsUntilLive,
  startUnderLoad,
  watchMemory,
} from './under-load.ts'

const QUEUE_MAX_BYTES = 1_048_576
const KILLS = isSoak ? 10 : 2
const DOWN_MS = isSoak ? 15_000 : 4000
/** Sampled every half second. */
const WARM_SAMPLES = 10
const FROZEN_MS = isSoak ? 60_000 : 8000
const GONE_MS = isSoak ? 600_000 : 15_000
/** `STALE_AFTER_MS` and the allowed delay of a reader. */
const GRACE_MS = 7000

const say = (line: string) => process.stdout.write(`${line}\n`)

describe('under 1,000 messages a second', { ...needsBroker(), timeout: 900_000 }, () => {
  it('a killed and restarted broker loses no frame, keeps the order and shows no wrong value', async () => {
    const { place, broker, simulator, service } = await startUnderLoad()
    const checker = new ReferenceChecker(simulator, new Map([['service', service]]))
    checker.allow('outage', { instruments: null, ms: GRACE_MS })
    checker.start()
    const memory = watchMemory(service)
    // The memory of a process that has just started is not representative.
    await eventually(() => memory.samples.length >= WARM_SAMPLES, LONG)
    const peaks: number[] = []
    let current = broker
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await current.kill()
      await sleep(DOWN_MS)
      expect(Object.keys(await service.failing())).toContain('topic')
      current = await ownBroker(place)
      const seconds = await secondsUntilLive(service, performance.now())
      peaks.push(Math.max(...memory.samples.splice(0)))
      say(
        `kill ${kill}: ${peaks.at(-1)?.toFixed(0)} MB at most, ready ${seconds.toFixed(1)} s after the broker's return`,
      )
    }
    await checker.stop()
    await memory.stop()
    await simulator.stop()
    const delivery = await drainedDelivery(service)
    expect(delivery.dropped).toBe(0)
    expect(delivery.produced).toBe(delivery.received)
    await assertTopicHolds(service, current.brokers)
    const frames = await readFrames(current.brokers, 'prices')
    const once = inOrderOnce(frames)
    expect(once).toHaveLength(delivery.received)
    say(
      `${delivery.received} frames, ${frames.length - once.length} written twice; ` +
        `${checker.values} values compared`,
    )
    expect(checker.lies).toEqual([])
    // Each outage starts from a clean state.
    const half = Math.ceil(KILLS / 2)
    const [early, late] = [peaks.slice(0, half), peaks.slice(-half)].map((part) =>
      Math.max(...part),
    )
    expect(late).toBeLessThan((early ?? 0) * 1.2)
  })

  it('a frozen broker loses no acknowledged frame, and no process hangs', async () => {
    const { broker, simulator, service } = await startUnderLoad()
    broker.pause()
    await sleep(FROZEN_MS)
    expect(await service.status('/livez')).toBe(200)
    expect(Object.keys(await service.failing())).toContain('topic')
    broker.resume()
    const seconds = await secondsUntilLive(service, performance.now())
    say(`frozen for ${FROZEN_MS / 1000} s: ready ${seconds.toFixed(1)} s after`)
    await simulator.stop()
    const delivery = await drainedDelivery(service)
    expect(delivery).toMatchObject({ dropped: 0, produced: delivery.received })
    await assertTopicHolds(service, broker.brokers)
    expect(inOrderOnce(await readFrames(broker.brokers, 'prices'))).toHaveLength(delivery.received)
  })

  it.each(['grouped', 'incremental'] as const)(
    'a permanently unavailable broker fills only a small queue: %s',
    async (mode) => {
      const { place, broker, service } = await startUnderLoad({
        BOOK_MODE: mode,
        PRODUCER_QUEUE_MAX_BYTES: String(QUEUE_MAX_BYTES),
      })
      const receipts = async () => {
        const { series } = await service.metrics()
        const of = (what: string) =>
          series.get(`orderbook_pipeline_lag_seconds_${what}{stage=exchange_to_receive}`) ?? 0
        return { count: of('count'), sum: of('sum'), atMs: performance.now() }
      }
      const during = async (ms: number) => {
        const before = await receipts()
        await sleep(ms)
        const after = await receipts()
        const count = after.count - before.count
        const perSecond = (count * 1000) / (after.atMs - before.atMs)
        return { perSecond, meanMs: ((after.sum - before.sum) / count) * 1000 }
      }
      const calm = await during(3000)
      await broker.kill()
      const reason = mode === 'grouped' ? 'conflated' : 'sequence_cut'
      const given = `orderbook_dropped_records_total{topic=prices,reason=${reason}}`
      await eventually(async () => ((await service.value(given)) ?? 0) > 0, LONG)
      const memory = watchMemory(service)
      const outage = await during(GONE_MS)
      const megabytes = await memory.stop()
      const half = Math.floor(megabytes.length / 2)
      const [early, late] = [megabytes.slice(0, half), megabytes.slice(half)].map((part) =>
        Math.max(...part),
      )
      say(
        `${mode}, broker gone for ${GONE_MS / 1000} s: ${outage.perSecond.toFixed(0)} frames/s ` +
          `(before: ${calm.perSecond.toFixed(0)}), exchange_to_receive ${outage.meanMs.toFixed(1)} ms ` +
          `(before: ${calm.meanMs.toFixed(1)}), memory ${early?.toFixed(0)} then ${late?.toFixed(0)} MB`,
      )
      expect(outage.perSecond).toBeGreaterThan(calm.perSecond * 0.8)
      expect(outage.meanMs).toBeLessThan(calm.meanMs + 50)
      expect(late).toBeLessThan((early ?? 0) * 1.2)
      expect(
        await service.value('orderbook_producer_queue_bytes{topic=prices}'),
      ).toBeLessThanOrEqual(QUEUE_MAX_BYTES)
      expect(await service.status('/livez')).toBe(200)
      // And if it comes back after all, everything is live: also sequences that were cut.
      const again = await ownBroker(place)
      await eventually(() => allLive(service), LONG)
      await assertTopicHolds(service, again.brokers)
    },
  )
})

import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../pipeline/running-program.ts'
import { type Reader, startService, startSimulator } from '../pipeline/running-service.ts'
import { ReferenceChecker } from '../storm/reference-checker.ts'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import { ManualHook } from '../topic/manual-hook.ts'

const HELD_MS = 8000
const FROZEN_MS = 10_000
const STALE_AFTER_MS = 3000
const BOOKS = 40
/** Large enough that the records of 8 s do not fit one batch. */
const FRAME_BYTES = 8000
const BETWEEN_BATCHES_MS = 300
const SAMPLE_EVERY_MS = 250
const LONG = { timeoutMs: 60_000 }

const say = (line: string) => process.stdout.write(`${line}\n`)

/** A busy exchange, and the settings of a service with its own topic. */
async function prepare() {
  const simulator = await startSimulator({
    instruments: BOOKS,
    ratePerSecond: 500,
    historyMs: 15_000,
    frameBytes: FRAME_BYTES,
  })
  const topic = uniqueTopic('prices')
  return {
    simulator,
    topic,
    settings: {
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: simulator.instruments.join(','),
      KAFKA_BROKERS: brokersOfRun(),
      KAFKA_TOPIC: topic,
      KAFKA_TRADES_TOPIC: `${topic}-trades`,
      KAFKA_GROUP_ID: topic,
      TRADES: 'false',
      STALE_AFTER_MS: String(STALE_AFTER_MS),
      CHECKPOINT_MS: '1000',
    },
  }
}

/** Sorted labels of the series of a metric, or only of those with a value. */
function labelsOf(series: ReadonlyMap<string, number>, metric: string, only?: number): string[] {
  return [...series]
    .filter(([name, value]) => name.startsWith(`${metric}{`) && value === (only ?? value))
    .map(([name]) => name.slice(metric.length))
    .sort()
}

const allLive = async (service: Reader) =>
  (await service.liveCount()) === BOOKS && (await service.status('/readyz')) === 200

describe('a reader that cannot keep up', { ...needsBroker(), timeout: 180_000 }, () => {
  it('held for 8 s shows a lag that grows by one second per second, and no old values', async () => {
    const { simulator, topic, settings } = await prepare()
    const beforeBatch = new ManualHook()
    let isCrawling = false
    const service = await startService(settings, {
      beforeBatch: async () => {
        await beforeBatch.pass()
        // Between two batches there is time to read the shown values.
        if (isCrawling) await sleep(BETWEEN_BATCHES_MS)
      },
    })
    await eventually(() => allLive(service), LONG)
    const checker = new ReferenceChecker(simulator, new Map([['service', service]]))
    checker.allow('held', { instruments: null, ms: STALE_AFTER_MS + 1500 })
    checker.start()
    const states = new Set<string>()
    const watch = async (): Promise<void> => {
      const { series } = await service.metrics()
      for (const state of ['stale', 'catching_up']) {
        const count = series.get(`orderbook_instruments{state=${state}}`) ?? 0
        if (count === 0) continue
        states.add(state)
        // Books that are behind have no values.
        expect(labelsOf(series, 'orderbook_mid_price')).toEqual(labelsOf(series, 'orderbook_up', 1))
      }
    }
    /** The largest lag of the partitions, seconds. */
    const lag = async () => {
      const { series } = await service.metrics()
      const seconds = [...series]
        .filter(([name]) => name.startsWith(`orderbook_consumer_lag_seconds{topic=${topic},`))
        .map(([, value]) => value)
      return Math.max(...seconds)
    }
    beforeBatch.hold()
    const heldMs = performance.now()
    const samples: { atSeconds: number; lagSeconds: number }[] = []
    // The length of the pause is what is tested: the lag must be as long, at each sample.
    while (performance.now() - heldMs < HELD_MS) {
      await sleep(SAMPLE_EVERY_MS)
      await watch()
      samples.push({ atSeconds: (performance.now() - heldMs) / 1000, lagSeconds: await lag() })
    }
    expect(await service.state('BTC-PERPETUAL')).toBe('stale:unverified')
    expect((await service.snapshot('BTC-PERPETUAL')).status).toBe(503)
    isCrawling = true
    beforeBatch.open()
    await eventually(async () => {
      await watch()
      return states.has('catching_up')
    }, LONG)
    isCrawling = false
    await eventually(async () => {
      await watch()
      return (await lag()) === 0 && (await allLive(service))
    }, LONG)
    await checker.stop()
    const peak = samples.at(-1)?.lagSeconds ?? 0
    say(
      `held for ${HELD_MS / 1000} s: lag ${peak.toFixed(1)} s at the end, states ${[...states].join(', ')}`,
    )
    // From the first poll of the ends on, the lag is the time since the hold.
    for (const { atSeconds, lagSeconds } of samples.filter((sample) => sample.atSeconds > 2.5)) {
      expect(Math.abs(lagSeconds - atSeconds)).toBeLessThan(1)
    }
    expect(states).toContain('stale')
    expect(states).toContain('catching_up')
    expect(checker.lies).toEqual([])
    expect(checker.values).toBeGreaterThan(100)
  })

  it('frozen as a process for 10 s shows no old values when it resumes, and is live again', async () => {
    const { simulator, settings } = await prepare()
    const producer = await startProgram({ ...settings, ROLE: 'producer' })
    const consumer = await startProgram({ ...settings, ROLE: 'consumer' })
    await eventually(() => allLive(consumer), LONG)
    expect(await producer.status('/readyz')).toBe(200)
    consumer.program.kill('SIGSTOP')
    // The length of the freeze is what is tested: longer than a member of the group may be silent.
    await sleep(FROZEN_MS)
    const checker = new ReferenceChecker(simulator, new Map([['consumer', consumer]]))
    consumer.program.kill('SIGCONT')
    const thawedMs = performance.now()
    checker.start()
    await eventually(() => allLive(consumer), LONG)
    const seconds = (performance.now() - thawedMs) / 1000
    await eventually(() => checker.values > 10 * BOOKS, LONG)
    await checker.stop()
    say(`frozen for ${FROZEN_MS / 1000} s: live again ${seconds.toFixed(1)} s after it resumed`)
    expect(checker.lies).toEqual([])
    expect(checker.values).toBeGreaterThan(100)
  })
})

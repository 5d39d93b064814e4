import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ChildService } from '../../tools/stack/child-service.ts'
import type { Stack } from '../../tools/stack/stack.ts'
import { readerOf } from '../pipeline/running-service.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { needsBroker } from '../support/kafka.ts'
import { readTops } from './exchange-comparison.ts'
import {
  holdAgainst,
  interruptions,
  longestBlindMs,
  longestOverlapMs,
  longestStandstillMs,
} from './hand-over.ts'
import { liveIn, MemberWatch, type Reading } from './member-watch.ts'
import { eventuallyShared, startTestStack } from './test-stack.ts'

const TAKE_OVER = { timeoutMs: 30_000, intervalMs: 20 }
/** Watch time before and after. */
const CALM_MS = 2000
/** Tolerance between two readings of counters, records. */
const SLACK_RECORDS = 300
/** Tolerance for the 100 ms bucket of the exchange, broker, consumer and a busy machine. */
const GRACE_MS = 2500
/**
 * A member that hung resumes at its position and shows values up to MAX_RECORD_AGE_MS old, also while
 * it rejoins.
 */
const GRACE_OF_HUNG_MS = 5000 + GRACE_MS
/** A member consumes nothing while it joins, and its values stay valid for STALE_AFTER_MS. */
const GRACE_WHILE_JOINING_MS = 5000 + GRACE_MS
/** Longer than any rebalance: the session of a dead member lasts 6 s. */
const HAND_OVER_MS = 10_000

let stack: Stack
let topic: string

/** Ends of all partitions, by partition. */
async function readEnds(): Promise<ReadonlyMap<number, number>> {
  const admin = new Kafka({ brokers: [stack.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return new Map(ends.map(({ partition, high }) => [partition, Number(high)]))
}

/** Number of records in the given partitions; default: all. */
function sumEnds(ends: ReadonlyMap<number, number>, partitions = new Set(ends.keys())): number {
  return [...partitions].reduce((sum, partition) => sum + (ends.get(partition) ?? 0), 0)
}

/** Progress of a member: its counters, and the end offsets at that time. */
async function readProgress({ url }: ChildService) {
  const { series } = await readerOf(url).metrics()
  const count = (name: string) => series.get(`orderbook_${name}_total{topic=${topic}}`) ?? NaN
  return {
    consumed: count('consumed_records'),
    skipped: count('skipped_records'),
    ends: await readEnds(),
  }
}

/** Share of the longest window that each book has watched without a break. */
async function readCoverages({ url }: ChildService, instruments: readonly string[]) {
  const snapshots = await Promise.all(instruments.map((name) => readerOf(url).snapshot(name)))
  return snapshots.map(({ windows }) => windows['60s']?.coverage ?? NaN)
}

const hasAll = (reading: Reading) => liveIn(reading).length === stack.instruments.length

/** Watches both members while something happens to the other one, until the first has all. */
async function watchWhile(happen: (other: ChildService) => void) {
  const [one, other] = stack.consumers as [ChildService, ChildService]
  const [kept = []] = await eventuallyShared(stack.instruments, [one, other])
  const watch = new MemberWatch()
  registerCleanUp(() => watch.stop())
  for (const { name, url } of [one, other]) watch.add(name, url)
  await sleep(CALM_MS)
  const before = await readProgress(one)
  const coverages = { before: await readCoverages(one, kept), after: [] as number[] }
  const partitions = { kept: partitionsOf(watch, one), gained: partitionsOf(watch, other) }
  const startedMs = Date.now()
  happen(other)
  registerCleanUp(async () => {
    other.kill('SIGCONT')
    if (!other.isRunning) await other.restart()
  })
  const taken = await eventually(
    () => watch.of(one.name, startedMs).find(hasAll) ?? false,
    TAKE_OVER,
  )
  const takenMs = taken.askedMs - startedMs
  await sleep(CALM_MS)
  const after = await readProgress(one)
  coverages.after = await readCoverages(one, kept)
  const untilMs = Date.now()
  const times = { startedMs, untilMs, takenMs }
  return { watch, one, other, kept, coverages, partitions, before, after, ...times }
}

function partitionsOf(watch: MemberWatch, { name }: ChildService): Set<number> {
  const books = [...(watch.of(name)[0]?.books.values() ?? [])]
  return new Set(books.flatMap(({ partition }) => (partition === null ? [] : [partition])))
}

type Seen = Awaited<ReturnType<typeof watchWhile>>

/** Assertions for every rebalance. */
async function expectSeamless(seen: Seen, what: string, graceOfOtherMs = GRACE_MS) {
  const { watch, one, other, kept, startedMs, untilMs, takenMs } = seen
  await watch.stop()
  const readings = watch.of(one.name, startedMs, untilMs)
  const overlapMs = longestOverlapMs(watch, one.name, other.name)
  const tops = await readTops(stack.simulator.url, stack.instruments)
  const ofOne = holdAgainst(tops, watch.of(one.name), GRACE_MS)
  const ofOther = holdAgainst(tops, watch.of(other.name), graceOfOtherMs)
  process.stdout.write(
    `${what}: the first is live for all ${stack.instruments.length} after ${takenMs} ms; ` +
      `${kept.length} kept through it (${readings.length} readings, at most ` +
      `${longestBlindMs(readings)} ms apart); shown by both for ${overlapMs} ms; values over for at ` +
      `most ${ofOne.latestMs} ms, of the other for ${ofOther.latestMs} ms\n`,
  )
  expect(interruptions(readings, kept)).toEqual([])
  expect(ofOne.lies).toEqual([])
  expect(ofOther.lies).toEqual([])
  expect(overlapMs).toBeLessThan(HAND_OVER_MS)
  expectNotReplayed(seen)
  expectWindowsWentOn(seen)
}

/** Asserts that windows of kept books were not restarted: their coverage only grew. */
function expectWindowsWentOn({ coverages, kept }: Seen): void {
  expect(coverages.before).toHaveLength(kept.length)
  for (const [index, before] of coverages.before.entries()) {
    const after = coverages.after[index] ?? NaN
    expect(before).toBeGreaterThan(0)
    expect(after >= Math.min(1, before + CALM_MS / 2 / 60_000)).toBe(true)
  }
}

/**
 * Asserts that gained partitions are read from their first record (within the warm start) and kept ones
 * only onwards; rereading would consume more records.
 */
function expectNotReplayed({ before, after, partitions }: Seen): void {
  const readOn = sumEnds(after.ends, partitions.kept) - sumEnds(before.ends, partitions.kept)
  const expected = readOn + sumEnds(after.ends, partitions.gained)
  // Otherwise a replay would look like records in flight.
  expect(sumEnds(before.ends, partitions.kept)).toBeGreaterThan(3 * SLACK_RECORDS)
  expect(Math.abs(after.consumed - before.consumed - expected)).toBeLessThan(SLACK_RECORDS)
  expect(after.skipped).toBe(before.skipped)
}

describe('two consumers of one group', { ...needsBroker(), timeout: 180_000 }, () => {
  beforeAll(async () => {
    const started = await startTestStack({
      instruments: 24,
      ratePerSecond: 400,
      simulator: { 'history-ms': '600000' },
      // A gained partition is read from its first record.
      settings: { WARMUP_MS: '1800000', WARMUP_MAX_RECORDS: '1000000' },
    })
    stack = started.stack
    topic = started.topic
    await eventually(async () => sumEnds(await readEnds()) > 20 * SLACK_RECORDS, {
      timeoutMs: 120_000,
      intervalMs: 500,
    })
  })

  it('divide the instruments, and each reports those it does not own', async () => {
    const [one, other] = stack.consumers as [ChildService, ChildService]
    const [first = [], second = []] = await eventuallyShared(stack.instruments, [one, other])
    for (const { url } of [one, other]) expect(await readerOf(url).status('/readyz')).toBe(200)
    for (const [{ url }, foreign] of [
      [one, second[0]],
      [other, first[0]],
    ] as const) {
      const response = await readerOf(url).get(`/api/v1/snapshots/${foreign}`)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        type: expect.stringMatching(/\/not-owned$/) as string,
      })
    }
  })

  it('rebalance when one is stopped', async () => {
    const seen = await watchWhile((other) => {
      other.kill('SIGTERM')
    })
    expect(await seen.other.exited).toEqual({ code: 0, signal: null })
    await expectSeamless(seen, 'stopped by SIGTERM')
  })

  it('rebalance when one dies', async () => {
    const seen = await watchWhile((other) => {
      other.kill('SIGKILL')
    })
    await expectSeamless(seen, 'killed by SIGKILL')
  })

  it('rebalance when one hangs, which shows no wrong value when it resumes', async () => {
    const seen = await watchWhile((other) => {
      other.kill('SIGSTOP')
    })
    seen.other.kill('SIGCONT')
    await eventuallyShared(stack.instruments, stack.consumers)
    await expectSeamless(seen, 'hung by SIGSTOP', GRACE_OF_HUNG_MS)
  })

  it('rebalance again when one dies and restarts at once', async () => {
    const [one, other] = stack.consumers as [ChildService, ChildService]
    await eventuallyShared(stack.instruments, [one, other])
    const watch = new MemberWatch()
    registerCleanUp(() => watch.stop())
    for (const { name, url } of [one, other]) watch.add(name, url)
    await sleep(CALM_MS)
    const startedMs = Date.now()
    other.kill('SIGKILL')
    await other.restart()
    await eventuallyShared(stack.instruments, [one, other])
    const sharedMs = Date.now() - startedMs
    await sleep(CALM_MS)
    await watch.stop()
    // The new member makes the group rejoin, which waits for the session of the dead one.
    const standstillMs = longestStandstillMs(watch.of(one.name, startedMs))
    process.stdout.write(
      `killed and started again at once: shared after ${sharedMs} ms, meanwhile the other stood still ` +
        `for ${standstillMs} ms\n`,
    )
    const tops = await readTops(stack.simulator.url, stack.instruments)
    expect(holdAgainst(tops, watch.readings, GRACE_WHILE_JOINING_MS).lies).toEqual([])
  })

  it('are not affected by a member of another group, which sees everything', async () => {
    const members = stack.consumers.slice()
    const shares = await eventuallyShared(stack.instruments, members)
    const watch = new MemberWatch()
    registerCleanUp(() => watch.stop())
    for (const { name, url } of members) watch.add(name, url)
    const stranger = await stack.addConsumer({ KAFKA_GROUP_ID: `${topic}-other` })
    watch.add(stranger.name, stranger.url)
    await eventually(() => watch.of(stranger.name).some(hasAll), TAKE_OVER)
    await sleep(CALM_MS)
    await watch.stop()
    members.forEach(({ name }, index) => {
      expect(interruptions(watch.of(name), shares[index] ?? [])).toEqual([])
    })
    const tops = await readTops(stack.simulator.url, stack.instruments)
    expect(holdAgainst(tops, watch.readings, GRACE_MS).lies).toEqual([])
    await stranger.stop()
  })
})

import { messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../time/clock.ts'
import { settledWithin } from '../../time/deadline.ts'
import type { PartitionLag } from '../metrics.ts'
import type { Assignment, OwnedPartition } from './assignment.ts'

/** Interval between requests for end offsets. */
const INTERVAL_MS = 1000
/** End offsets read longer ago than this give no lag in records. */
const MAX_AGE_MS = 5000
/** End offsets requested longer ago than this are late: this process or the broker was stopped. */
const FRESH_MS = 1500
/** How long `refresh` waits for the broker. */
const REFRESH_WAIT_MS = 500
/**
 * A partition without a new record for this long is not written to. By default producers write a
 * checkpoint of each book every 2 s (CHECKPOINT_MS).
 */
const WRITTEN_WITHIN_MS = 15_000

export interface ConsumerLagDeps {
  assignment: Assignment
  clock: Clock
  /** Returns the next offset of each partition of a topic. */
  readEnds: (topic: string) => Promise<ReadonlyMap<number, bigint>>
}

/**
 * Measures how far the consumer is behind the end of its partitions, on its own timer: while
 * processing is blocked, the lag in seconds grows in real time.
 */
export class ConsumerLag {
  readonly #deps: ConsumerLagDeps
  readonly #readings = new Map<string, EndsReading>()
  /** Error of the last request by topic; no entry if it succeeded. */
  readonly #problems = new Map<string, string>()
  /** Pending requests, at most one per topic. */
  readonly #pending = new Map<string, Promise<void>>()
  /** When the end of a partition owned by another member was last seen to advance, by topic. */
  readonly #othersWrittenMonotonicMs = new Map<string, number>()
  #timer: Timer | null = null
  #isStopped = true

  constructor(deps: ConsumerLagDeps) {
    this.#deps = deps
  }

  start(): void {
    if (!this.#isStopped) return
    this.#isStopped = false
    this.#poll()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Why the end offsets are unknown; null when they were read within 5 s. */
  get problem(): string | null {
    const old = this.#deps.assignment.topics.find(
      (topic) => !this.#isKnown(this.#readings.get(topic)),
    )
    if (old === undefined) return null
    return this.#problems.get(old) ?? `no end offsets read for ${MAX_AGE_MS} ms`
  }

  /**
   * Requests the end offsets if the last ones are late, and waits for at most 500 ms, so that a
   * process that was suspended reports its lag at the first scrape afterwards. Never rejects.
   */
  async refresh(): Promise<void> {
    if (this.#isStopped) return
    const { assignment } = this.#deps
    const late = assignment.topics.filter((topic) => !this.#isFresh(this.#readings.get(topic)))
    if (late.length === 0) return
    const refreshed = Promise.all(late.map((topic) => this.#refresh(topic)))
    await settledWithin(this.#deps.clock, REFRESH_WAIT_MS, refreshed)
  }

  /** Lag of every owned partition; null where it is unknown. */
  read(): PartitionLag[] {
    const { assignment, clock } = this.#deps
    const wallMs = clock.nowMs()
    const monotonicMs = clock.monotonicMs()
    return assignment.states().map((state) => {
      const reading = this.#readings.get(state.topic)
      return lagOf(state, reading, {
        wallMs,
        monotonicMs,
        isKnown: this.#isKnown(reading),
        isFresh: this.#isFresh(reading),
      })
    })
  }

  /** Whether records were written within 15 s to partitions of a topic that are not owned here. */
  isWrittenInOtherPartitions(topic: string): boolean {
    const writtenMs = this.#othersWrittenMonotonicMs.get(topic)
    if (writtenMs === undefined) return false
    return this.#deps.clock.monotonicMs() - writtenMs <= WRITTEN_WITHIN_MS
  }

  #isKnown(reading: EndsReading | undefined): boolean {
    if (reading === undefined) return false
    return this.#deps.clock.monotonicMs() - reading.answeredMonotonicMs <= MAX_AGE_MS
  }

  #isFresh(reading: EndsReading | undefined): boolean {
    if (reading === undefined) return false
    return this.#deps.clock.monotonicMs() - reading.requestedMonotonicMs <= FRESH_MS
  }

  async #refresh(topic: string): Promise<void> {
    await this.#request(topic)
    // The request was already pending, and may have been sent before the process was suspended.
    if (!this.#isFresh(this.#readings.get(topic))) await this.#request(topic)
  }

  #poll(): void {
    if (this.#isStopped) return
    // Independently: a topic without an answer must not delay the others.
    for (const topic of this.#deps.assignment.topics) void this.#request(topic)
    this.#timer = this.#deps.clock.setTimer(() => this.#poll(), INTERVAL_MS)
  }

  /**
   * Requests the end offsets of a topic; one request per topic is pending at a time. Never rejects.
   */
  #request(topic: string): Promise<void> {
    const pending = this.#pending.get(topic)
    if (pending !== undefined) return pending
    const request = this.#readEnds(topic).finally(() => this.#pending.delete(topic))
    this.#pending.set(topic, request)
    return request
  }

  async #readEnds(topic: string): Promise<void> {
    const { clock, assignment, readEnds } = this.#deps
    const requestedMonotonicMs = clock.monotonicMs()
    const positions = assignment.positions(topic)
    try {
      const ends = await readEnds(topic)
      this.#noteReadToEnd(topic, { ends, requestedMonotonicMs })
      if (this.#hasGrownInOtherPartitions(topic, ends)) {
        this.#othersWrittenMonotonicMs.set(topic, clock.monotonicMs())
      }
      const answeredMonotonicMs = clock.monotonicMs()
      this.#readings.set(topic, { ends, positions, requestedMonotonicMs, answeredMonotonicMs })
      this.#problems.delete(topic)
    } catch (error) {
      this.#problems.set(topic, messageOf(error))
    }
  }

  #hasGrownInOtherPartitions(topic: string, ends: ReadonlyMap<number, bigint>): boolean {
    const before = this.#readings.get(topic)
    if (before === undefined) return false
    return [...ends].some(
      ([partition, end]) =>
        this.#deps.assignment.get(topic, partition) === undefined &&
        end > (before.ends.get(partition) ?? 0n),
    )
  }

  /** Notes, for each partition, the newest request whose end offset was reached. */
  #noteReadToEnd(topic: string, newest: Pick<EndsReading, 'ends' | 'requestedMonotonicMs'>): void {
    const before = this.#readings.get(topic)
    for (const reading of before === undefined ? [newest] : [before, newest]) {
      for (const [partition, end] of reading.ends) {
        const state = this.#deps.assignment.get(topic, partition)
        if (state === undefined || state.next === null || state.next < end) continue
        state.readToEndMonotonicMs = reading.requestedMonotonicMs
      }
    }
  }
}

/** End offsets of a topic, with the state of the process at the request. */
interface EndsReading {
  /** Next offset of each partition. */
  readonly ends: ReadonlyMap<number, bigint>
  /** Next offset to process of each partition, at the time of the request. */
  readonly positions: ReadonlyMap<number, bigint>
  readonly requestedMonotonicMs: number
  readonly answeredMonotonicMs: number
}

interface LagInstant {
  readonly wallMs: number
  readonly monotonicMs: number
  /** Whether the end offsets are recent enough to give a lag in records. */
  readonly isKnown: boolean
  /** Whether they are so recent that records written since are no backlog. */
  readonly isFresh: boolean
}

/**
 * Computes the lag of a partition at a given time. A late answer is compared with the position at
 * its request, because the process has since processed everything it had fetched and would seem to
 * be at the end. The lag in seconds stays known without the broker while records are known to wait.
 */
function lagOf(
  state: OwnedPartition,
  reading: EndsReading | undefined,
  instant: LagInstant,
): PartitionLag {
  const { topic, partition, next, highWatermark } = state
  const stableEnd = reading?.ends.get(partition)
  const unknown = { topic, partition, records: null, seconds: null }
  if (reading === undefined || stableEnd === undefined || next === null) return unknown
  // Records of an open transaction are beyond the last stable offset; only fetches show them.
  const end = stableEnd > highWatermark ? stableEnd : highWatermark
  const { isKnown, isFresh } = instant
  const isBehind = next < end
  if (!isKnown && !isBehind) return unknown
  const position = isFresh ? next : (reading.positions.get(partition) ?? next)
  const waiting = end > position ? Number(end - position) : 0
  const records = isKnown ? waiting : null
  if (isFresh && !isBehind) return { topic, partition, records, seconds: 0 }
  const reachedMonotonicMs = isBehind ? null : reading.requestedMonotonicMs
  return { topic, partition, records, seconds: waitingSeconds(state, reachedMonotonicMs, instant) }
}

/**
 * Age of the oldest waiting record, in seconds. Bounded by the last processed record and by the
 * newest time up to which everything was processed. Null while neither is known.
 */
function waitingSeconds(
  { lastTimestampMs, readToEndMonotonicMs }: OwnedPartition,
  reachedMonotonicMs: number | null,
  { wallMs, monotonicMs }: LagInstant,
): number | null {
  const ages = [
    ...(lastTimestampMs === null ? [] : [wallMs - lastTimestampMs]),
    ...(readToEndMonotonicMs === null ? [] : [monotonicMs - readToEndMonotonicMs]),
    ...(reachedMonotonicMs === null ? [] : [monotonicMs - reachedMonotonicMs]),
  ]
  return ages.length === 0 ? null : Math.max(0, Math.min(...ages)) / 1000
}

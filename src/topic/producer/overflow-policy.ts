import type { OutgoingRecord } from '../../model/topic.ts'

/**
 * What a topic drops when the producer queue is full (`TopicQueue` applies it):
 * - `conflate`: drops records that a later record of their channel supersedes (grouped snapshots);
 * - `cut`: drops the whole sequence of the channel that has waited longest, which restarts with a
 *   full record (changes);
 * - `refuse`: drops the new record;
 * - `latest`: drops the record that has waited longest. Numbers that a later record of their channel
 *   supersedes never wait, full or not.
 *
 * `OVERFLOW_OF` is the policy of each topic, `freeSpace` the order in which topics make room. During an
 * overload the same policy applies before the queue is full, to what `Shedding` allows.
 */
export type Overflow = 'conflate' | 'cut' | 'refuse' | 'latest'

/** The policy of each topic. */
export const OVERFLOW_OF = {
  /** A newer snapshot replaces an older one. */
  groupedBooks: 'conflate',
  /** The changes after a lost one are useless. */
  incrementalBooks: 'cut',
  /** No trade replaces another. */
  trades: 'refuse',
  numbers: 'latest',
} as const satisfies Record<string, Overflow>

/** The queue of a topic, as far as relevant to making room. Each method returns the bytes freed. */
interface OverflowingTopic {
  /** Bytes by which the topic would exceed its limit if `bytes` were added; negative below it. */
  excessOf(bytes: number): number
  conflateOne(): number
  cutOne(): number
  replaceNewest(record: OutgoingRecord, neededBytes: number): number
}

export interface SpaceRequest {
  readonly topic: OverflowingTopic
  /** All topics that share the limit. */
  readonly topics: Iterable<OverflowingTopic>
  readonly record: OutgoingRecord
  readonly bytes: number
  /** Bytes that all topics together are over their limit, with the record. Read after each drop. */
  readonly excess: () => number
  readonly onFreed: (bytes: number) => void
}

/**
 * Drops records until a new one fits; returns whether it does. In this order: superseded records of
 * the topic, those of the other topics, the newest record of the same channel (the new one replaces
 * it), whole sequences of the topic. Other topics lose nothing to a topic over its own limit.
 */
export function freeSpace(request: SpaceRequest): boolean {
  const { topic, topics, record, bytes, excess, onFreed } = request
  const needed = () => Math.max(excess(), topic.excessOf(bytes))
  conflate(topic, needed, onFreed)
  if (topic.excessOf(bytes) <= 0) {
    for (const other of topics) conflate(other, excess, onFreed)
  }
  if (needed() > 0) onFreed(topic.replaceNewest(record, needed()))
  for (let freed = 1; needed() > 0 && freed > 0;) {
    freed = topic.cutOne()
    onFreed(freed)
  }
  return needed() <= 0
}

function conflate(
  topic: OverflowingTopic,
  needed: () => number,
  onFreed: (bytes: number) => void,
): void {
  while (needed() > 0) {
    const freed = topic.conflateOne()
    if (freed === 0) return
    onFreed(freed)
  }
}

/** During an overload an incremental channel sends at most one record per this time, ms. */
const CHANNEL_INTERVAL_MS = 1000

/**
 * State of dropping during an overload for one topic: whether it is on, and which records are kept.
 */
export class Shedding {
  #isOn = false
  /** Everything received up to this monotonic time is kept. */
  #keepUntilMs = Number.NEGATIVE_INFINITY
  /** When each channel last queued a record during this overload. Bounded by the subscriptions. */
  readonly #queuedMs = new Map<string, number>()

  get isOn(): boolean {
    return this.#isOn
  }

  set isOn(isOn: boolean) {
    this.#isOn = isOn
    if (!isOn) this.#queuedMs.clear()
  }

  /**
   * Keeps what was received before `monotonicMs`, as the topic was not available until then.
   * @returns null: the delay that an overload causes is unknown
   */
  keepUntil(monotonicMs: number): null {
    this.#keepUntilMs = monotonicMs
    return null
  }

  mustKeep(receivedMonotonicMs: number): boolean {
    return receivedMonotonicMs <= this.#keepUntilMs
  }

  /** Whether the channel queued a record less than a second ago. */
  hasQueuedRecently(channel: string, nowMonotonicMs: number): boolean {
    const queuedMs = this.#queuedMs.get(channel)
    return queuedMs !== undefined && nowMonotonicMs - queuedMs < CHANNEL_INTERVAL_MS
  }

  note(channel: string, nowMonotonicMs: number): void {
    this.#queuedMs.set(channel, nowMonotonicMs)
  }
}

/**
 * What a topic drops when the producer queue is full (`TopicQueue` applies it):
 * - `conflate`: drops records that a later record of their channel supersedes (grouped snapshots);
 * - `cut`: drops the whole sequence of the channel that has waited longest, which restarts with a
 *   full record (changes);
 * - `refuse`: drops the new record;
 * - `latest`: drops the record that has waited longest. Numbers that a later record of their channel
 *   supersedes never wait, full or not.
 *
 * `app/topics.ts` gives each topic its policy: books `conflate` (grouped) or `cut` (incremental),
 * trades `refuse`, numbers `latest`. `BatchingProducer` decides which topic has to make room.
 *
 * During an overload the same policy applies before the queue is full, to what `Shedding` allows.
 */
export type Overflow = 'conflate' | 'cut' | 'refuse' | 'latest'

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

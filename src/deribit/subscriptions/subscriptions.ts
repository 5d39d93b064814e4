/** The request to which the next frame of a channel is the first response. */
export type Awaited = 'subscribe' | 'resync' | 'probe'

interface Subscription {
  /** A subscribe call with the channel was sent on the current connection. */
  isSent: boolean
  isAcknowledged: boolean
  awaits: Awaited | null
  /** Time of the newest frame or of the request, monotonic ms. */
  activeMonotonicMs: number
}

/**
 * The requested channels of a connection and their acknowledgements. A set, so that a reconnect
 * requests the current state instead of the history of calls. A call succeeds only if the list in
 * the response equals that in the request, because the exchange omits channels silently.
 */
export class SubscriptionSet {
  readonly #channels = new Map<string, Subscription>()
  #acknowledgedCount = 0

  get requestedCount(): number {
    return this.#channels.size
  }

  get acknowledgedCount(): number {
    return this.#acknowledgedCount
  }

  isRequested(channel: string): boolean {
    return this.#channels.has(channel)
  }

  request(channels: Iterable<string>): void {
    for (const channel of channels) {
      if (this.#channels.has(channel)) continue
      this.#channels.set(channel, {
        isSent: false,
        isAcknowledged: false,
        awaits: 'subscribe',
        activeMonotonicMs: Number.POSITIVE_INFINITY,
      })
    }
  }

  drop(channel: string): void {
    if (this.#channels.get(channel)?.isAcknowledged === true) this.#acknowledgedCount -= 1
    this.#channels.delete(channel)
  }

  /** Records that a subscribe call with these channels is about to be sent. */
  sent(channels: Iterable<string>): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription !== undefined) subscription.isSent = true
    }
  }

  /** Returns requested channels without a first response. */
  outstanding(isWanted: (channel: string) => boolean): string[] {
    const outstanding: string[] = []
    for (const [channel, { isSent, awaits }] of this.#channels) {
      if (isSent && awaits !== null && isWanted(channel)) outstanding.push(channel)
    }
    return outstanding
  }

  /** Applies the list in a response; ignores names that were not requested. */
  acknowledge(result: unknown, nowMonotonicMs: number): void {
    if (!Array.isArray(result)) return
    for (const channel of result as readonly unknown[]) {
      const subscription = typeof channel === 'string' ? this.#channels.get(channel) : undefined
      if (subscription === undefined || subscription.isAcknowledged) continue
      subscription.isAcknowledged = true
      subscription.activeMonotonicMs = nowMonotonicMs
      this.#acknowledgedCount += 1
    }
  }

  /** Records that these channels are unsubscribed for a resync. */
  released(channels: Iterable<string>, awaits: Awaited): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription === undefined) continue
      if (subscription.isAcknowledged) this.#acknowledgedCount -= 1
      subscription.isSent = false
      subscription.isAcknowledged = false
      subscription.awaits = awaits
    }
  }

  /** Clears the acknowledgements for a new connection. */
  disconnected(): void {
    this.released(this.#channels.keys(), 'subscribe')
  }

  /**
   * Records a frame of a channel. Returns the request to which it is the first response. A change before the awaited
   * snapshot (`isWhole` false) is no response: it may belong to the previous subscription.
   */
  received(channel: string, nowMonotonicMs: number, isWhole = true): Awaited | null {
    const subscription = this.#channels.get(channel)
    if (subscription === undefined || (subscription.awaits !== null && !isWhole)) return null
    subscription.activeMonotonicMs = nowMonotonicMs
    const { awaits } = subscription
    subscription.awaits = null
    return awaits
  }

  isAcknowledged(channel: string): boolean {
    return this.#channels.get(channel)?.isAcknowledged ?? false
  }

  /** Records activity now, so that other silent channels are probed next. */
  markActive(channels: Iterable<string>, nowMonotonicMs: number): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription !== undefined) subscription.activeMonotonicMs = nowMonotonicMs
    }
  }

  /** Returns the request to which the next frame is the first response; null if there was one. */
  awaited(channel: string): Awaited | null {
    return this.#channels.get(channel)?.awaits ?? null
  }

  /** Filters channels without a first response. */
  unanswered(channels: Iterable<string>): string[] {
    return [...channels].filter((channel) => {
      const awaits = this.#channels.get(channel)?.awaits
      return awaits !== undefined && awaits !== null
    })
  }

  /** Returns acknowledged channels without a frame since `sinceMonotonicMs`, longest silent first. */
  silentSince(
    sinceMonotonicMs: number,
    isWanted: (channel: string) => boolean,
  ): { channel: string; activeMonotonicMs: number }[] {
    const silent: { channel: string; activeMonotonicMs: number }[] = []
    for (const [channel, { isAcknowledged, activeMonotonicMs }] of this.#channels) {
      if (isAcknowledged && activeMonotonicMs <= sinceMonotonicMs && isWanted(channel)) {
        silent.push({ channel, activeMonotonicMs })
      }
    }
    return silent.sort((a, b) => a.activeMonotonicMs - b.activeMonotonicMs)
  }

  /** Returns requested but unacknowledged channels, at most `limit`. */
  missing(limit: number = Number.POSITIVE_INFINITY): string[] {
    const missing: string[] = []
    for (const [channel, { isAcknowledged }] of this.#channels) {
      if (missing.length >= limit) break
      if (!isAcknowledged) missing.push(channel)
    }
    return missing
  }
}

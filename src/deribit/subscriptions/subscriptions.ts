/** What the next frame of a channel will be the first answer to. */
export type Awaited = 'subscribe' | 'resync' | 'probe'

interface Subscription {
  /** A subscribe call with it went out on the present connection. */
  isAsked: boolean
  isAcknowledged: boolean
  awaits: Awaited | null
  /** Newest frame, or the moment it was asked for; monotonic ms. */
  heardMonotonicMs: number
}

/**
 * The channels that a connection is to carry, and which of them the exchange acknowledged. A set, so
 * that a reconnect replays the wish and never its own history. Success means that the list in the
 * answer equals the list in the request; the exchange trims silently.
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
        isAsked: false,
        isAcknowledged: false,
        awaits: 'subscribe',
        heardMonotonicMs: Number.POSITIVE_INFINITY,
      })
    }
  }

  drop(channel: string): void {
    if (this.#channels.get(channel)?.isAcknowledged === true) this.#acknowledgedCount -= 1
    this.#channels.delete(channel)
  }

  /** A subscribe call with these is about to go out. */
  asked(channels: Iterable<string>): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription !== undefined) subscription.isAsked = true
    }
  }

  /** Channels that were asked for and whose first answer has not come. */
  outstanding(isWanted: (channel: string) => boolean): string[] {
    const outstanding: string[] = []
    for (const [channel, { isAsked, awaits }] of this.#channels) {
      if (isAsked && awaits !== null && isWanted(channel)) outstanding.push(channel)
    }
    return outstanding
  }

  /** Takes the exchange's list; names that were never requested are ignored. */
  acknowledge(result: unknown, nowMonotonicMs: number): void {
    if (!Array.isArray(result)) return
    for (const channel of result as readonly unknown[]) {
      const subscription = typeof channel === 'string' ? this.#channels.get(channel) : undefined
      if (subscription === undefined || subscription.isAcknowledged) continue
      subscription.isAcknowledged = true
      subscription.heardMonotonicMs = nowMonotonicMs
      this.#acknowledgedCount += 1
    }
  }

  /** The exchange was told to stop sending these; they are still wanted. */
  released(channels: Iterable<string>, awaits: Awaited): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription === undefined) continue
      if (subscription.isAcknowledged) this.#acknowledgedCount -= 1
      subscription.isAsked = false
      subscription.isAcknowledged = false
      subscription.awaits = awaits
    }
  }

  /** Forgets the acknowledgements: a new connection starts with none. */
  disconnected(): void {
    this.released(this.#channels.keys(), 'subscribe')
  }

  /**
   * A frame of a channel came; gives what it is the first answer to. A change before the awaited
   * snapshot (`isWhole` false) is no answer to anything: it may be left over from before.
   */
  heard(channel: string, nowMonotonicMs: number, isWhole = true): Awaited | null {
    const subscription = this.#channels.get(channel)
    if (subscription === undefined || (subscription.awaits !== null && !isWhole)) return null
    subscription.heardMonotonicMs = nowMonotonicMs
    const { awaits } = subscription
    subscription.awaits = null
    return awaits
  }

  isAcknowledged(channel: string): boolean {
    return this.#channels.get(channel)?.isAcknowledged ?? false
  }

  /** Counts as heard of now, so that others that are silent have their turn. */
  touched(channels: Iterable<string>, nowMonotonicMs: number): void {
    for (const channel of channels) {
      const subscription = this.#channels.get(channel)
      if (subscription !== undefined) subscription.heardMonotonicMs = nowMonotonicMs
    }
  }

  /** What the next frame of a channel will be the first answer to; null where it was answered. */
  awaited(channel: string): Awaited | null {
    return this.#channels.get(channel)?.awaits ?? null
  }

  /** Those of the channels whose first answer has not come. */
  unanswered(channels: Iterable<string>): string[] {
    return [...channels].filter((channel) => {
      const awaits = this.#channels.get(channel)?.awaits
      return awaits !== undefined && awaits !== null
    })
  }

  /** Acknowledged channels not heard of since `sinceMonotonicMs`, longest silent first. */
  silentSince(
    sinceMonotonicMs: number,
    isWanted: (channel: string) => boolean,
  ): { channel: string; heardMonotonicMs: number }[] {
    const silent: { channel: string; heardMonotonicMs: number }[] = []
    for (const [channel, { isAcknowledged, heardMonotonicMs }] of this.#channels) {
      if (isAcknowledged && heardMonotonicMs <= sinceMonotonicMs && isWanted(channel)) {
        silent.push({ channel, heardMonotonicMs })
      }
    }
    return silent.sort((a, b) => a.heardMonotonicMs - b.heardMonotonicMs)
  }

  /** Requested but not acknowledged, at most `limit`. */
  missing(limit: number = Number.POSITIVE_INFINITY): string[] {
    const missing: string[] = []
    for (const [channel, { isAcknowledged }] of this.#channels) {
      if (missing.length >= limit) break
      if (!isAcknowledged) missing.push(channel)
    }
    return missing
  }
}

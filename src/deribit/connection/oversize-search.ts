/** Parts that a group of suspects is cut into: eight need a third of the connections that two need. */
const PARTS = 8

/**
 * Finds the channel whose frame is too large for the socket. The socket closes before it says whose
 * frame it was, so the channels that were waiting for a snapshot then are suspects. They are asked
 * for in small groups, apart from all others, until a group of one closes the socket. Each such
 * close leaves an eighth of a group, so that the number of connections lost is bounded.
 */
export class OversizeSearch {
  #groups: (readonly string[])[] = []
  /** The group that is being asked for on the present connection. */
  #current: readonly string[] | null = null
  readonly #suspects = new Set<string>()

  isSuspect(channel: string): boolean {
    return this.#suspects.size > 0 && this.#suspects.has(channel)
  }

  /** A channel that was found before: it is asked for alone. */
  add(channel: string): void {
    if (this.#suspects.has(channel)) return
    this.#suspects.add(channel)
    this.#groups.push([channel])
  }

  /** The next group to ask for; null where there is none. The one before has passed. */
  next(): readonly string[] | null {
    for (const channel of this.#current ?? []) this.#suspects.delete(channel)
    this.#current = null
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      const left = group.filter((channel) => this.#suspects.has(channel))
      if (left.length === 0) continue
      this.#current = left
      return left
    }
    return null
  }

  /**
   * The socket closed because of a frame that is too large. The group that was being asked for is
   * blamed first: a channel that never answers at all must not hide another one.
   * @param outstanding channels that had been asked for and waited for their snapshot
   * @returns the channel it was; `narrowed` where fewer are left to try; `unknown` where none waited
   */
  closed(outstanding: readonly string[]): { found: string } | 'narrowed' | 'unknown' {
    const waiting = new Set(outstanding)
    const group = (this.#current ?? []).filter((channel) => waiting.has(channel))
    for (const channel of this.#current ?? []) this.#suspects.delete(channel)
    this.#current = null
    const blamed = group.length > 0 ? group : outstanding
    const [only, ...others] = blamed
    if (only === undefined) return 'unknown'
    for (const channel of blamed) this.#suspects.delete(channel)
    if (others.length === 0) return { found: only }
    const selected = new Set(blamed)
    this.#groups = this.#groups.map((known) => known.filter((channel) => !selected.has(channel)))
    for (const channel of blamed) this.#suspects.add(channel)
    this.#groups.unshift(...split(blamed))
    return 'narrowed'
  }

  /** The connection ended for another reason: the group is asked for again. */
  disconnected(): void {
    if (this.#current !== null) this.#groups.unshift(this.#current)
    this.#current = null
  }

  drop(channel: string): void {
    this.#suspects.delete(channel)
  }
}

function split(channels: readonly string[]): string[][] {
  const size = Math.max(1, Math.ceil(channels.length / PARTS))
  const parts: string[][] = []
  for (let start = 0; start < channels.length; start += size) {
    parts.push(channels.slice(start, start + size))
  }
  return parts
}

/** Parts into which a group of suspects is split. Eight need a third of the connections that two need. */
const PARTS = 8

/**
 * Finds the channel whose frame exceeds the size limit of the socket. The socket closes without naming the
 * channel, so all channels that waited for a snapshot are suspects. They are requested in small groups,
 * separately from all others, until a group of one closes the socket. Each such close reduces a group to an
 * eighth, which bounds the number of lost connections.
 */
export class OversizeSearch {
  #groups: (readonly string[])[] = []
  /** The group that is requested on the current connection. */
  #current: readonly string[] | null = null
  readonly #suspects = new Set<string>()

  isSuspect(channel: string): boolean {
    return this.#suspects.size > 0 && this.#suspects.has(channel)
  }

  /** Adds a channel that was found before; it is requested alone. */
  add(channel: string): void {
    if (this.#suspects.has(channel)) return
    this.#suspects.add(channel)
    this.#groups.push([channel])
  }

  /** Returns the next group to request; null if there is none. The previous group has passed. */
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
   * Handles a socket that closed because of an oversize frame. The requested group is suspected first, so that
   * a channel that never responds does not hide another one.
   * @param outstanding requested channels that waited for their snapshot
   * @returns the channel it was; `narrowed` if fewer suspects remain; `unknown` if none waited
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

  /** Handles a connection that closed for another reason: the group is requested again. */
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

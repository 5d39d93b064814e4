import type { Clock, Instant } from '../../time/clock.ts'

/** Limits of what is held; at either one the oldest message is handled at once. */
const MAX_HELD = 20_000
const MAX_HELD_BYTES = 16 * 1024 * 1024
/** Longest time that held messages block the event loop, ms: as long as the reading of a topic. */
const SLICE_MS = 5
/** Memory of a held snapshot is a multiple of this, so that a newer one mostly fits. */
const BLOCK_BYTES = 256

interface Held {
  /** Memory of its own: a slice would keep the whole socket chunk. */
  memory: Buffer
  length: number
  received: Instant
  /** Receipt of the first message in this place of the order. */
  readonly place: Instant
}

export interface ReceiveQueueDeps {
  clock: Clock
  /** Whether messages come faster than this process can handle them. */
  isOverloaded: () => boolean
  /** Channel of a message that a newer one of the same channel supersedes; null for all others. */
  supersedableChannel: (bytes: Buffer) => string | null
  /**
   * Handles a message.
   * @param place time up to which every message was handled or superseded, at most `received`
   */
  handle: (bytes: Buffer, received: Instant, place: Instant) => void
  /** Called for each message that is superseded. @param length of the message, bytes */
  onSuperseded: (channel: string, length: number) => void
  /** Runs a callback after other events of the process were handled. Default: setImmediate. */
  defer?: (callback: () => void) => void
}

/**
 * Hands the messages of a connection over: at once, or during an overload in slices, in their
 * order, with only the newest snapshot of each grouped channel. A superseded one costs no more than
 * its receipt, so that the process stays able to read what is newest.
 */
export class ReceiveQueue {
  readonly #deps: ReceiveQueueDeps
  readonly #defer: (callback: () => void) => void
  /** By channel if it can be superseded, otherwise by number. Oldest place first. */
  readonly #held = new Map<string | number, Held>()
  #heldBytes = 0
  #nextNumber = 0
  #isScheduled = false

  constructor(deps: ReceiveQueueDeps) {
    this.#deps = deps
    this.#defer = deps.defer ?? setImmediate
  }

  /** Takes a message. `bytes` may be overwritten after the call. */
  add(bytes: Buffer, received: Instant): void {
    if (!this.#deps.isOverloaded()) {
      this.flush()
      this.#deps.handle(bytes, received, received)
      return
    }
    const channel = this.#deps.supersedableChannel(bytes)
    if (channel === null && this.#held.size === 0) {
      this.#deps.handle(bytes, received, received)
      return
    }
    const held = channel === null ? undefined : this.#held.get(channel)
    if (channel !== null && held !== undefined) {
      this.#deps.onSuperseded(channel, held.length)
      this.#replace(held, bytes, received)
    } else this.#hold(channel ?? this.#nextNumber++, bytes, received)
    while (this.#held.size > MAX_HELD || this.#heldBytes > MAX_HELD_BYTES) this.#handleOldest()
    this.#schedule()
  }

  /** Handles everything that is held. */
  flush(): void {
    while (this.#held.size > 0) this.#handleOldest()
  }

  #hold(key: string | number, bytes: Buffer, received: Instant): void {
    const held = { memory: ownMemory(bytes.length), length: 0, received, place: received }
    this.#held.set(key, held)
    this.#heldBytes += held.memory.length
    this.#replace(held, bytes, received)
  }

  #replace(held: Held, bytes: Buffer, received: Instant): void {
    if (bytes.length > held.memory.length) {
      this.#heldBytes -= held.memory.length
      held.memory = ownMemory(bytes.length)
      this.#heldBytes += held.memory.length
    }
    bytes.copy(held.memory)
    held.length = bytes.length
    held.received = received
  }

  #handleOldest(): void {
    for (const [key, held] of this.#held) {
      this.#held.delete(key)
      this.#heldBytes -= held.memory.length
      this.#deps.handle(held.memory.subarray(0, held.length), held.received, held.place)
      return
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#defer(() => {
      this.#isScheduled = false
      const { clock } = this.#deps
      const endMs = clock.monotonicMs() + SLICE_MS
      while (this.#held.size > 0 && clock.monotonicMs() < endMs) this.#handleOldest()
      if (this.#held.size > 0) this.#schedule()
    })
  }
}

function ownMemory(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES)
}

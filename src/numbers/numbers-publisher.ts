import type { InstrumentView, SnapshotView, SummaryView } from '../model/snapshot.ts'
import type { NamedState, StateView } from '../model/status.ts'
import type { NumbersProducer, OutgoingRecord, RecordHeaders } from '../model/topic.ts'
import type { Logger } from '../model/telemetry.ts'
import type { Clock, Timer } from '../time/clock.ts'

/**
 * Minimum interval between two records of numbers of an instrument. Above 100 ms, so that timer
 * jitter never makes eleven a second.
 */
const INTERVAL_MS = 105
/** Interval of polling for states that change with time alone, such as `stale`. */
const SWEEP_MS = 100
/** A round yields to the event loop after this long. */
const SLICE_MS = 5
/**
 * Pause after a round as a multiple of its duration: rounds use at most a quarter of the event
 * loop.
 */
const PAUSE_FACTOR = 3
const MAX_PAUSE_MS = 500
/** Changes of state that wait in the publisher; beyond that the oldest is dropped. */
const MAX_STATES = 10_000
/**
 * After a suspension of the process for longer than this, another member may own its partitions.
 * Nothing is written for as long again, in which two heartbeats show what this process still owns.
 */
const STANDSTILL_MS = 3000

/** Books as the publisher reads them. */
export interface NumbersSource {
  /** States of the books whose partition is read to its end. */
  states(): Iterable<NamedState>
  instrument(name: string): InstrumentView | undefined
  snapshot(name: string, depth: number): SnapshotView | null | undefined
  summary(name: string): SummaryView | null | undefined
}

export interface NumbersPublisherOptions {
  topic: string
  /** Version of the formulas, the header `definitions`. */
  definitions: string
}

export interface NumbersPublisherDeps {
  source: NumbersSource
  producer: NumbersProducer
  clock: Clock
  logger: Logger
  /** Encodes the numbers of a live book. */
  encodeNumbers: (view: SnapshotView) => Buffer
  /** Encodes a state, without numbers. */
  encodeState: (view: InstrumentView) => Buffer
  /**
   * Counts what was not written: updates superseded by newer ones, and states over `MAX_STATES`.
   */
  onDropped: (reason: 'superseded' | 'queue_full') => void
}

/** State of writing one instrument. */
interface Slot {
  /** State and reason that were queued last; null before the first, and after a suspension. */
  known: Pick<StateView, 'state' | 'reason'> | null
  /**
   * When the newest update that is not written was published, monotonic ms; null if there is none.
   */
  publishedMonotonicMs: number | null
  /**
   * Whether the state changed, or numbers were withdrawn, since numbers were last due: when the
   * book is live again, its numbers are written even without an update.
   */
  isRetracted: boolean
}

/**
 * Writes the numbers of the live books to a topic, at most ten records a second for each
 * instrument, read from the book when they are passed to the producer, so that they are the newest.
 * Writes each change of state at once. Writes nothing of a book that is catching up.
 */
export class NumbersPublisher {
  readonly #options: NumbersPublisherOptions
  readonly #deps: NumbersPublisherDeps
  readonly #slots = new Map<string, Slot>()
  /** Changes of state to be written, in order. */
  #states: NamedState[] = []
  /** Instruments whose numbers are due. */
  readonly #due = new Set<string>()
  /** Earliest time of the next numbers by instrument, monotonic ms, ascending; absent = at once. */
  readonly #nextNumbersMonotonicMs = new Map<string, number>()
  #roundTimer: Timer | null = null
  #nextNumbersTimer: Timer | null = null
  #sweepTimer: Timer | null = null
  #sweptMonotonicMs = 0
  #heldUntilMonotonicMs = Number.NEGATIVE_INFINITY
  /** Earliest start of the next round, monotonic ms. */
  #nextMonotonicMs = Number.NEGATIVE_INFINITY
  #isRunning = false

  constructor(options: NumbersPublisherOptions, deps: NumbersPublisherDeps) {
    this.#options = options
    this.#deps = deps
  }

  start(): void {
    this.#isRunning = true
    this.#sweptMonotonicMs = this.#deps.clock.monotonicMs()
    this.#sweepLater()
  }

  /**
   * Stops for good: nothing is passed to the producer afterwards. Call before the producer stops.
   */
  stop(): void {
    this.#isRunning = false
    for (const timer of [this.#roundTimer, this.#nextNumbersTimer, this.#sweepTimer])
      timer?.cancel()
  }

  /** Call when an update of an instrument was published. */
  notePublished(instrument: string): void {
    if (!this.#isRunning) return
    const slot = this.#slotOf(instrument)
    if (slot.publishedMonotonicMs !== null) this.#deps.onDropped('superseded')
    slot.publishedMonotonicMs = this.#deps.clock.monotonicMs()
    this.#markDue(instrument)
  }

  /** Call when the state of a book changed; calls without a change have no effect. */
  noteState(state: NamedState): void {
    if (!this.#isRunning || this.#isHeld()) return
    const { instrument } = state
    const slot = this.#slotOf(instrument)
    if (state.state === 'catching_up') {
      this.#retract(instrument, slot)
      return
    }
    if (slot.known?.state !== state.state || slot.known.reason !== state.reason) {
      slot.known = { state: state.state, reason: state.reason }
      if (this.#states.length >= MAX_STATES) {
        this.#states.shift()
        this.#deps.onDropped('queue_full')
      }
      this.#states.push(state)
      this.#schedule()
      slot.isRetracted = true
    }
    // Readers need the numbers of a book that is live again, even if it did not change.
    if (!slot.isRetracted || state.state !== 'live') return
    slot.isRetracted = false
    slot.publishedMonotonicMs ??= this.#deps.clock.monotonicMs()
    this.#markDue(instrument)
  }

  /** Call when the book of an instrument was removed: its waiting records are dropped. */
  forget(instrument: string): void {
    if (!this.#slots.delete(instrument)) return
    this.#due.delete(instrument)
    this.#nextNumbersMonotonicMs.delete(instrument)
    this.#states = this.#states.filter((state) => state.instrument !== instrument)
    this.#deps.producer.forgetChannel(this.#options.topic, instrument)
  }

  #slotOf(instrument: string): Slot {
    let slot = this.#slots.get(instrument)
    if (slot === undefined) {
      slot = { known: null, publishedMonotonicMs: null, isRetracted: false }
      this.#slots.set(instrument, slot)
    }
    return slot
  }

  #retract(instrument: string, slot: Slot): void {
    slot.isRetracted = true
    this.#deps.producer.retract(this.#options.topic, instrument)
  }

  #markDue(instrument: string): void {
    if (this.#nextNumbersMonotonicMs.has(instrument)) return
    this.#due.add(instrument)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#roundTimer !== null || !this.#isRunning) return
    const { clock } = this.#deps
    const pauseMs = Math.max(0, this.#nextMonotonicMs - clock.monotonicMs())
    this.#roundTimer = clock.setTimer(() => this.#round(), pauseMs)
  }

  #round(): void {
    this.#roundTimer = null
    const { clock } = this.#deps
    const startMs = clock.monotonicMs()
    const isLate = () => clock.monotonicMs() - startMs >= SLICE_MS
    if (!this.#isHeld()) {
      this.#writeStates(isLate)
      // States first: numbers must not be written before the state that precedes them.
      if (this.#states.length === 0) this.#writeNumbers(isLate)
    }
    const endMs = clock.monotonicMs()
    this.#nextMonotonicMs = endMs + Math.min((endMs - startMs) * PAUSE_FACTOR, MAX_PAUSE_MS)
    if (this.#states.length > 0 || this.#due.size > 0) this.#schedule()
    this.#scheduleNextNumbers()
  }

  #writeStates(isLate: () => boolean): void {
    let written = 0
    while (written < this.#states.length) {
      const state = this.#states[written]
      written += 1
      if (state !== undefined) this.#writeState(state)
      if (isLate()) break
    }
    this.#states.splice(0, written)
  }

  #writeState(state: NamedState): void {
    const { source, encodeState } = this.#deps
    const { instrument } = state
    const view = source.instrument(instrument)
    if (view === undefined) return
    const record = source.summary(instrument)?.source ?? null
    this.#send(instrument, {
      kind: 'state',
      value: encodeState({ ...view, ...state }),
      timestampMs: state.sinceMs,
      headers: this.#headers(record),
      receivedMonotonicMs: this.#deps.clock.monotonicMs(),
    })
  }

  #writeNumbers(isLate: () => boolean): void {
    for (const instrument of this.#due) {
      this.#due.delete(instrument)
      this.#writeNumbersOf(instrument)
      // Reading a book may have changed its state, which is then written first.
      if (isLate() || this.#states.length > 0) break
    }
  }

  #writeNumbersOf(instrument: string): void {
    const slot = this.#slots.get(instrument)
    const receivedMonotonicMs = slot?.publishedMonotonicMs ?? null
    if (slot === undefined || receivedMonotonicMs === null) return
    const { source, encodeNumbers, clock } = this.#deps
    slot.publishedMonotonicMs = null
    const isLive = source.instrument(instrument)?.state === 'live'
    const view = isLive ? source.snapshot(instrument, 0) : null
    // The change of state is written instead; the numbers follow when the book is live again.
    if (view?.state !== 'live') {
      slot.isRetracted = true
      return
    }
    this.#send(instrument, {
      kind: 'numbers',
      value: encodeNumbers(view),
      timestampMs: view.exchangeTimeMs,
      headers: this.#headers(view.source),
      receivedMonotonicMs,
    })
    this.#nextNumbersMonotonicMs.set(instrument, clock.monotonicMs() + INTERVAL_MS)
  }

  #send(
    instrument: string,
    record: Omit<OutgoingRecord, 'topic' | 'key' | 'channel' | 'isWhole'>,
  ): void {
    const { topic } = this.#options
    const { producer } = this.#deps
    producer.send({ ...record, topic, key: instrument, channel: instrument, isWhole: true })
  }

  #headers(source: SummaryView['source'] | null): RecordHeaders {
    const { definitions } = this.#options
    if (source === null) return { definitions }
    return { definitions, source: `${source.topic}/${source.partition}/${source.offset}` }
  }

  /** Sets the timer for the instrument whose numbers may be written next. */
  #scheduleNextNumbers(): void {
    const [first] = this.#nextNumbersMonotonicMs.values()
    if (this.#nextNumbersTimer !== null || first === undefined || !this.#isRunning) return
    const { clock } = this.#deps
    this.#nextNumbersTimer = clock.setTimer(
      () => {
        this.#nextNumbersTimer = null
        const nowMs = clock.monotonicMs()
        for (const [instrument, untilMs] of this.#nextNumbersMonotonicMs) {
          if (untilMs > nowMs) break
          this.#nextNumbersMonotonicMs.delete(instrument)
          const publishedMonotonicMs = this.#slots.get(instrument)?.publishedMonotonicMs ?? null
          if (publishedMonotonicMs !== null) this.#markDue(instrument)
        }
        this.#scheduleNextNumbers()
      },
      Math.max(0, first - clock.monotonicMs()),
    )
  }

  #sweepLater(): void {
    this.#sweepTimer = this.#deps.clock.setTimer(() => this.#sweep(), SWEEP_MS)
  }

  #sweep(): void {
    const { clock, source } = this.#deps
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#sweptMonotonicMs > STANDSTILL_MS) this.#hold(nowMs)
    this.#sweptMonotonicMs = nowMs
    if (!this.#isHeld()) for (const state of source.states()) this.noteState(state)
    this.#sweepLater()
  }

  #isHeld(): boolean {
    return this.#deps.clock.monotonicMs() < this.#heldUntilMonotonicMs
  }

  #hold(nowMs: number): void {
    const standstillMs = Math.round(nowMs - this.#sweptMonotonicMs)
    this.#deps.logger.warn({ standstillMs }, 'process was suspended, numbers are not written yet')
    this.#heldUntilMonotonicMs = nowMs + STANDSTILL_MS
    this.#states = []
    for (const [instrument, slot] of this.#slots) {
      this.#retract(instrument, slot)
      // The state is written again once the partition is known to be ours still.
      slot.known = null
    }
  }
}

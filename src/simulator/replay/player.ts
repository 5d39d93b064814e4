import type { Clock, Timer } from '../../time/clock.ts'
import { GroupedStream } from '../channels/book-streams.ts'
import { type ChannelName, parseChannelName } from '../channels/channel-name.ts'
import { EventStream } from '../channels/event-streams.ts'
import type { Delivery, Stream } from '../channels/stream.ts'
import type { ExchangeClock } from '../market/exchange-time.ts'
import type { Exchange } from '../market/market.ts'
import type { Random } from '../market/random.ts'
import type { ReplayOptions } from '../options.ts'
import type { SendBatch } from '../server/outbox.ts'
import { ChannelBooks, RecordedStream } from './channel-books.ts'
import {
  cutFrame,
  type CutFrame,
  type IdSpans,
  idSpans,
  parseRecording,
  patchFrame,
  readRecording,
  type RecordedFrame,
  type Recording,
} from './recording.ts'

/** A recorded frame that has been played. */
export interface PlayedFrame {
  /** Line in the file, from 1. */
  readonly line: number
  readonly channel: string
  /** Text as sent, also if there is no subscriber. */
  readonly text: string
}

export interface PlayerOptions {
  speed: number
  isStepped: boolean
  isLooped: boolean
  keepsTime: boolean
}

export interface PlayerDeps {
  recording: Recording
  books: ChannelBooks
  clock: Clock
  exchangeClock: ExchangeClock
  delivery: Delivery
  batch: SendBatch
  /** Whether a client has so many unread bytes that the player must wait. */
  isCongested(): boolean
}

const FRAMES_PER_TICK = 256
const CONGESTED_WAIT_MS = 2

/** Plays a recording to the subscribers of its channels. Starts with the first subscription. */
export class Player {
  readonly #options: PlayerOptions
  readonly #deps: PlayerDeps
  readonly #cut: readonly CutFrame[]
  readonly #spans: IdSpans
  readonly #streams = new Map<string, RecordedStream>()
  readonly #last = new Map<string, string>()
  #position = 0
  #pass = 0
  #startedMs: number | null = null
  #addMs = 0
  #timer: Timer | null = null

  constructor(options: PlayerOptions, deps: PlayerDeps) {
    this.#options = options
    this.#deps = deps
    this.#cut = deps.recording.frames.map(cutFrame)
    this.#spans = idSpans(this.#cut)
  }

  /** Frames played so far, over all passes. */
  get played(): number {
    return this.#pass * this.#deps.recording.frames.length + this.#position
  }

  /** What is missing at the end of the recording; null if it is complete. */
  get warning(): string | null {
    return this.#deps.recording.warning
  }

  get isDone(): boolean {
    return this.#position >= this.#deps.recording.frames.length
  }

  /**
   * Returns the stream of a channel; null if the recording has neither the channel nor its
   * instrument.
   */
  streamOf(channel: string, name: ChannelName): Stream | null {
    const { recording, books, delivery } = this.#deps
    const known = this.#streams.get(channel)
    if (known !== undefined) return known
    const first = recording.frames.find((frame) => frame.channel === channel)
    if (first === undefined) return this.#derived(channel, name)
    const kind = name.kind === 'incremental' || name.kind === 'grouped' ? name.kind : 'other'
    const stream = new RecordedStream(
      { channel, instrument: first.instrument, kind },
      {
        market: books.ofChannel(channel),
        delivery,
        lastFrame: () => this.#last.get(channel) ?? null,
        onStart: () => this.#begin(),
      },
    )
    this.#streams.set(channel, stream)
    return stream
  }

  /** Plays the next frames at once, regardless of their times; fewer if the recording ends. */
  step(count = 1): readonly PlayedFrame[] {
    this.#startedMs ??= this.#startClock()
    const played: PlayedFrame[] = []
    this.#deps.batch.open()
    try {
      while (played.length < count && !this.isDone) played.push(this.#playNext())
    } finally {
      this.#deps.batch.close()
    }
    return played
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /**
   * Creates grouped snapshots from a recorded incremental channel; other channels of its
   * instruments send nothing.
   */
  #derived(channel: string, name: ChannelName): Stream | null {
    if (!('instrument' in name)) return new EventStream(channel, name)
    const { recording, books, delivery } = this.#deps
    if (name.kind === 'grouped') {
      const market = books.incrementalOf(name.instrument, name.interval)
      if (market !== null) {
        const { group, depth } = name
        const options = { channel, group, depth, interval: 'raw' as const, frameBytes: 0 }
        this.#startSoon()
        return new GroupedStream(options, market, delivery)
      }
    }
    const isKnown = recording.frames.some(({ instrument }) => instrument === name.instrument)
    return isKnown ? new EventStream(channel, name) : null
  }

  #begin(): void {
    if (this.#startedMs !== null || this.#options.isStepped) return
    this.#startedMs = this.#startClock()
    this.#arm(0)
  }

  /** Deferred until the subscription has been answered. */
  #startSoon(): void {
    if (this.#startedMs !== null || this.#options.isStepped || this.#timer !== null) return
    this.#timer = this.#deps.clock.setTimer(() => this.#begin(), 0)
  }

  #startClock(): number {
    const { keepsTime } = this.#options
    const { exchangeClock, recording, clock } = this.#deps
    this.#addMs = keepsTime ? 0 : exchangeClock.nowMs() + recording.shiftMs
    return clock.monotonicMs()
  }

  #arm(delayMs: number): void {
    this.#timer = this.#deps.clock.setTimer(() => this.#playTick(), delayMs)
  }

  #playTick(): void {
    if (this.#deps.isCongested()) {
      this.#arm(CONGESTED_WAIT_MS)
      return
    }
    this.#deps.batch.open()
    try {
      for (let sent = 0; sent < FRAMES_PER_TICK && !this.isDone; sent += 1) {
        if (this.#waitMs() > 0) break
        this.#playNext()
      }
    } finally {
      this.#deps.batch.close()
    }
    if (!this.isDone) this.#arm(Math.max(0, this.#waitMs()))
  }

  /** Time until the next frame is due, ms; 0 or less if it is due. */
  #waitMs(): number {
    const { speed } = this.#options
    if (speed === 0) return 0
    const { recording, clock } = this.#deps
    const next = recording.frames[this.#position]
    const offsetMs = this.#pass * recording.lengthMs + (next?.offsetMs ?? 0)
    return Math.ceil((this.#startedMs ?? 0) + offsetMs / speed - clock.monotonicMs())
  }

  #playNext(): PlayedFrame {
    const { recording, books } = this.#deps
    const frame = recording.frames[this.#position] as RecordedFrame
    const cut = this.#cut[this.#position] as CutFrame
    const addMs = this.#addMs + this.#pass * recording.lengthMs
    const addId = this.#pass * this.#spans.id
    const text = patchFrame(cut, {
      timeMs: addMs,
      id: addId,
      tradeSeq: (instrument) => this.#pass * (this.#spans.tradeSeq.get(instrument) ?? 0),
    })
    books.apply(frame.channel, frame.data, timestampOf(frame.data) + addMs, addId)
    this.#streams.get(frame.channel)?.publish(text)
    if (parseChannelName(frame.channel)?.kind === 'grouped') this.#last.set(frame.channel, text)
    this.#position += 1
    if (this.isDone && this.#options.isLooped) {
      this.#position = 0
      this.#pass += 1
    }
    return { line: frame.line, channel: frame.channel, text }
  }
}

function timestampOf(data: unknown): number {
  if (typeof data !== 'object' || data === null) return 0
  const timestamp = (data as Readonly<Record<string, unknown>>)['timestamp']
  return typeof timestamp === 'number' ? timestamp : 0
}

export interface ReplayDeps extends Omit<PlayerDeps, 'recording' | 'books'> {
  exchange: Exchange
  random: Random
}

/**
 * Loads a recording and adds its instruments to the exchange.
 * @throws AppError `ERR_USAGE` if it cannot be read
 */
export function createReplay(options: ReplayOptions, deps: ReplayDeps): Player {
  const recording =
    options.file === undefined ? parseRecording(options.lines ?? []) : readRecording(options.file)
  const books = new ChannelBooks(recording, deps.exchange, deps.random)
  return new Player(
    {
      speed: options.speed ?? 1,
      isStepped: options.isStepped ?? false,
      isLooped: options.isLooped ?? false,
      keepsTime: options.keepsTime ?? false,
    },
    { ...deps, recording, books },
  )
}

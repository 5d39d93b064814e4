import { topOf } from '../analytics/top-of-book.ts'
import { changesBook } from '../book/channel-book.ts'
import type { Trade } from '../model/frames.ts'
import type {
  CalibrationDecile,
  DiscardReason,
  SignalAxes,
  SignalCounts,
  SignalNumbers,
} from '../model/signals.ts'
import { InstrumentSignals } from '../signals/instrument-signals.ts'
import type { WatchedRecord } from './windows.ts'

/** What the books need to measure signals. */
export interface SignalDeps {
  readonly axes: SignalAxes
  /** Whether signals are measured now; with `auto` that depends on the number of books. */
  readonly isOn: () => boolean
  readonly onDiscard: (reason: DiscardReason, count: number) => void
}

/** Counts, and the numbers of a live book. */
export interface SignalReading {
  readonly counts: SignalCounts
  /** null if the book is not live. */
  readonly numbers: SignalNumbers | null
}

/**
 * Decides which records of one book are samples of the signals. A period without interruption
 * needs a live book: unlike the windows, it ends at a halt too.
 */
export class SignalTracker {
  readonly #signals: InstrumentSignals

  constructor({ axes, onDiscard }: Pick<SignalDeps, 'axes' | 'onDiscard'>) {
    this.#signals = new InstrumentSignals(axes, onDiscard)
  }

  get counts(): SignalCounts {
    return this.#signals.counts
  }

  get bytes(): number {
    return this.#signals.bytes
  }

  apply({
    book,
    frame,
    result,
    isCheckpoint,
    interruption,
    unsound,
    isHalted,
  }: WatchedRecord): void {
    const signals = this.#signals
    const reason = interruption ?? unsound ?? (isHalted ? 'halted' : null)
    if (reason !== null) signals.stop(reason)
    const { levels, last } = book
    if (levels === null || last === null || unsound !== null || isHalted) return
    const top = topOf(levels)
    if (top === null) return
    const isChanged = changesBook(result)
    if (isChanged && !isCheckpoint && frame.kind !== 'snapshot') {
      signals.accept(levels, top, last.exchangeTimeMs)
    } else if (isChanged || !signals.isRunning) {
      // A checkpoint or a snapshot between changes describes the book, not what happened.
      signals.start(levels, top, last.exchangeTimeMs)
    }
  }

  acceptTrade(trade: Trade): void {
    this.#signals.acceptTrade(trade)
  }

  /** @param exchangeTimeMs at which the window ends */
  read(exchangeTimeMs: number): SignalNumbers {
    return this.#signals.read(exchangeTimeMs)
  }

  /** By depth and horizon. */
  calibrations(exchangeTimeMs: number, axes: SignalAxes): (CalibrationDecile[] | null)[][] {
    return axes.horizonsMs.map((_, horizon) =>
      axes.depths.map((__, depth) => this.#signals.calibration(exchangeTimeMs, depth, horizon)),
    )
  }
}

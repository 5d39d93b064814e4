import { topOf } from '../../analytics/top-of-book.ts'
import { changesBook } from '../../book/channel-book.ts'
import type { Trade } from '../../model/frames.ts'
import type {
  CalibrationDecile,
  DiscardReason,
  SignalAxes,
  SignalCounts,
  SignalNumbers,
} from '../../model/signals.ts'
import { InstrumentSignals } from '../../signals/instrument-signals.ts'
import type { BookRecord } from '../checkpoint.ts'
import type { Continuation } from './continuity.ts'

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
 * Decides which records of one book are samples of the signals. Unlike the windows, a period
 * without interruption also ends at a halt. While signals are switched off, nothing is kept.
 */
export class BookSignals {
  readonly #deps: SignalDeps
  #signals: InstrumentSignals | null = null

  constructor(deps: SignalDeps) {
    this.#deps = deps
  }

  get axes(): SignalAxes {
    return this.#deps.axes
  }

  /** Counts since the signals were switched on; null while they are off. */
  get counts(): SignalCounts | null {
    return this.#active()?.counts ?? null
  }

  get bytes(): number {
    return this.#signals?.bytes ?? 0
  }

  apply({ frame, checkpoint }: BookRecord, continuation: Continuation): void {
    const signals = this.#active()
    if (signals === null) return
    const { book, result, interruption, unusableReason, isHalted } = continuation
    const reason = interruption ?? unusableReason ?? (isHalted ? 'halted' : null)
    if (reason !== null) signals.stop(reason)
    const { levels, last } = book
    if (levels === null || last === null || unusableReason !== null || isHalted) return
    const top = topOf(levels)
    if (top === null) return
    const isChanged = changesBook(result)
    if (isChanged && checkpoint === null && frame.kind !== 'snapshot') {
      signals.accept(levels, top, last.exchangeTimeMs)
    } else if (isChanged || !signals.isRunning) {
      // A checkpoint or a snapshot between changes describes the book, not what happened.
      signals.start(levels, top, last.exchangeTimeMs)
    }
  }

  /** A trade that took place on the book; each once. */
  acceptTrade(trade: Trade): void {
    this.#active()?.acceptTrade(trade)
  }

  /**
   * Numbers of the window that ends at `exchangeTimeMs` (epoch ms); null while the signals are off.
   */
  read(exchangeTimeMs: number): SignalNumbers | null {
    return this.#active()?.read(exchangeTimeMs) ?? null
  }

  /** Calibration by horizon and depth, in the order of the axes; null below 100 effective cases. */
  calibrations(exchangeTimeMs: number): (CalibrationDecile[] | null)[][] {
    const { horizonsMs, depths } = this.#deps.axes
    return horizonsMs.map((_, horizon) =>
      depths.map(
        (__, depth) => this.#active()?.calibration(exchangeTimeMs, depth, horizon) ?? null,
      ),
    )
  }

  /** Creates the signals when they are switched on, and drops them when they are switched off. */
  #active(): InstrumentSignals | null {
    const { axes, isOn, onDiscard } = this.#deps
    if (!isOn()) this.#signals = null
    else this.#signals ??= new InstrumentSignals(axes, onDiscard)
    return this.#signals
  }
}

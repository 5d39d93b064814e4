import type { Signals, Snapshot } from '../../client/api-client.ts'
import type { Reading } from '../data/market.ts'
import type { Samples } from '../data/sample-ring.ts'
import { BookView } from './book-view.ts'
import { ChartView } from './chart-view.ts'
import { DepthView } from './depth-view.ts'
import { FlowView } from './flow-view.ts'
import { LadderView } from './ladder-view.ts'
import { PriceDigits } from './price-digits.ts'
import { SignalView } from './signal-view.ts'
import { TapeView } from './tape-view.ts'

/** Panels of the instrument in focus. */
export class BookPanels {
  readonly #head = new BookView()
  readonly #ladder = new LadderView()
  readonly #charts = new ChartView()
  readonly #flow = new FlowView()
  readonly #depth = new DepthView()
  readonly #tape = new TapeView()
  readonly #signals = new SignalView()
  #isLive = false
  #name: string | null = null
  #shown: Snapshot | null | undefined
  #digits = 2

  show(name: string | null, reading: Reading | null): void {
    const book = reading !== null && reading.isLive ? reading.book : null
    this.#isLive = book !== null
    // Age and reason change with time, everything else only with a new snapshot.
    this.#head.show(name, reading)
    if (book === this.#shown && name === this.#name) return
    this.#name = name
    this.#shown = book
    if (book !== null) this.#digits = PriceDigits.of(book)
    this.#ladder.show(book)
    this.#flow.show(book)
    this.#depth.show(book)
    this.#tape.show(name, book)
  }

  showPast(name: string | null, past: Samples | null): void {
    this.#charts.show(name, past, this.#digits)
  }

  /** @param isOff whether the service does not measure signals */
  showSignals(signals: Signals | null, isOff: boolean): void {
    this.#signals.show(this.#isLive ? signals : null, isOff)
  }

  repaint(): void {
    this.#charts.repaint()
  }
}

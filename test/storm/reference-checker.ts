import type { Simulator } from '../../src/simulator/server/api.ts'
import type { Top } from '../../src/simulator/market/top-history.ts'
import type { Reader } from '../pipeline/running-service.ts'

/** Tolerance for the 100 ms bucket of the exchange, the service and a busy machine. */
const ORDINARY_GRACE_MS = 1500
const SAMPLE_EVERY_MS = 50

type Exchange = Pick<Simulator, 'instruments' | 'reference'>
interface ReadService {
  metrics(): Promise<Pick<Awaited<ReturnType<Reader['metrics']>>, 'series'>>
  /** Only the status matters unless it is 200. */
  snapshot(
    instrument: string,
    query: string,
  ): Promise<Partial<Awaited<ReturnType<Reader['snapshot']>>>>
}

export interface Grace {
  /** null = all instruments. */
  readonly instruments: readonly string[] | null
  /** Allowed age of a shown value during the scenario, and for the same time after it. */
  readonly ms: number
}

/** A shown value that was not true. */
export interface Lie {
  readonly service: string
  readonly instrument: string
  readonly shown: string
  /** Allowed age of a shown value at that time. */
  readonly graceMs: number
  readonly during: string
  /** How long before the request it was last true, as far as the exchange remembers; null: never. */
  readonly trueUntilMs: number | null
  /** From the request to the comparison. */
  readonly tookMs: number
}

/**
 * Polls the values of a service and compares each with the book of the exchange:
 * it must have been true at some time within the grace before the reading.
 */
export class ReferenceChecker {
  readonly lies: Lie[] = []
  samples = 0
  /** Number of compared values. */
  values = 0
  /**
   * Values that could not be compared: the answer took so long that the exchange no longer
   * remembers what was true when it was requested. Not part of `values`.
   */
  undecided = 0
  readonly #simulator: Exchange
  readonly #readers: ReadonlyMap<string, ReadService>
  /** Start of the oldest top of each book when the comparison began: before it there was none. */
  readonly #firstMs = new Map<string, number>()
  readonly #graces: { grace: Grace; untilMs: number }[] = []
  #during = 'calm'
  #isStopped = false
  #done: Promise<unknown> = Promise.resolve()

  constructor(simulator: Exchange, readers: ReadonlyMap<string, ReadService>) {
    this.#simulator = simulator
    this.#readers = readers
  }

  start(): void {
    for (const instrument of this.#simulator.instruments) {
      const [first] = this.#topsOf(instrument)
      if (first !== undefined) this.#firstMs.set(instrument, first.sinceMonotonicMs)
    }
    this.#done = Promise.all([...this.#readers].map(([name, reader]) => this.#watch(name, reader)))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
  }

  /** Allows older values until `end` is called, and for the same grace afterwards. */
  allow(during: string, grace: Grace): { end(): void } {
    const entry = { grace, untilMs: Number.POSITIVE_INFINITY }
    this.#graces.push(entry)
    this.#during = during
    return {
      end: () => {
        entry.untilMs = performance.now() + grace.ms
        this.#during = `after ${during}`
      },
    }
  }

  async #watch(name: string, reader: ReadService): Promise<void> {
    let index = 0
    while (!this.#isStopped) {
      const startedMs = performance.now()
      await this.#sampleMetrics(name, reader)
      const instrument = this.#simulator.instruments[index % this.#simulator.instruments.length]
      index += 1
      if (instrument !== undefined) await this.#sampleSnapshot(name, reader, instrument)
      this.samples += 2
      const restMs = SAMPLE_EVERY_MS - (performance.now() - startedMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, restMs)))
    }
  }

  async #sampleMetrics(name: string, reader: ReadService): Promise<void> {
    const beforeMs = performance.now()
    const { series } = await reader.metrics()
    for (const instrument of this.#simulator.instruments) {
      const value = (metric: string, more = '') =>
        series.get(`orderbook_${metric}{instrument=${instrument}${more}}`)
      const mid = value('mid_price')
      const bid = value('best_price', ',side=bid')
      const ask = value('best_price', ',side=ask')
      if (mid === undefined && bid === undefined && ask === undefined) continue
      this.#check(name, instrument, beforeMs, `mid ${mid} of ${bid} / ${ask}`, (top) => {
        const isPair = top.bid === bid && top.ask === ask
        return isPair && Math.abs((top.bid + top.ask) / 2 - (mid ?? NaN)) <= 1e-9 * (mid ?? NaN)
      })
    }
  }

  async #sampleSnapshot(name: string, reader: ReadService, instrument: string): Promise<void> {
    const beforeMs = performance.now()
    const view = await reader.snapshot(instrument, '?depth=1')
    if (view.status !== 200) return
    const { bestBid, bestAsk, state } = view
    const shown = `${state} ${bestBid?.price} x ${bestBid?.amount} / ${bestAsk?.price}`
    this.#check(name, instrument, beforeMs, shown, (top) => {
      return (
        state === 'live' &&
        top.bid === bestBid?.price &&
        top.bidAmount === bestBid.amount &&
        top.ask === bestAsk?.price &&
        top.askAmount === bestAsk.amount
      )
    })
  }

  #check(
    service: string,
    instrument: string,
    beforeMs: number,
    shown: string,
    isShown: (top: { bid: number; bidAmount: number; ask: number; askAmount: number }) => boolean,
  ): void {
    const graceMs = this.#graceMs(instrument, beforeMs)
    const tops = this.#topsOf(instrument)
    const untilMs = Math.max(
      ...tops.map(({ bestBid, bestAsk }, index) => {
        if (bestBid === null || bestAsk === null) return Number.NEGATIVE_INFINITY
        const [bid, bidAmount] = bestBid
        const [ask, askAmount] = bestAsk
        const isTrue = bid < ask && isShown({ bid, bidAmount, ask, askAmount })
        const endMs = tops[index + 1]?.sinceMonotonicMs ?? Number.POSITIVE_INFINITY
        return isTrue ? endMs : Number.NEGATIVE_INFINITY
      }),
    )
    const isEqual = untilMs >= beforeMs - graceMs
    if (!isEqual && this.#hasForgotten(instrument, tops, beforeMs - graceMs)) {
      this.undecided += 1
      return
    }
    this.values += 1
    if (isEqual) return
    this.lies.push({
      service,
      instrument,
      shown,
      graceMs,
      during: this.#during,
      trueUntilMs: untilMs === Number.NEGATIVE_INFINITY ? null : beforeMs - untilMs,
      tookMs: performance.now() - beforeMs,
    })
  }

  /** Whether the exchange no longer remembers what was true at a time, though there was something. */
  #hasForgotten(
    instrument: string,
    [oldest]: readonly Pick<Top, 'sinceMonotonicMs'>[],
    atMs: number,
  ): boolean {
    const oldestMs = oldest?.sinceMonotonicMs ?? Number.NEGATIVE_INFINITY
    return oldestMs > atMs && oldestMs !== this.#firstMs.get(instrument)
  }

  /** Recent tops, oldest first; the current one for an unchanged book. */
  #topsOf(instrument: string): Pick<Top, 'sinceMonotonicMs' | 'bestBid' | 'bestAsk'>[] {
    const reference = this.#simulator.reference(instrument)
    if (reference === null) return []
    if (reference.tops.length > 0) return [...reference.tops]
    const [bestBid = null, bestAsk = null] = [reference.bids[0], reference.asks[0]]
    return [{ sinceMonotonicMs: 0, bestBid, bestAsk }]
  }

  #graceMs(instrument: string, atMs: number): number {
    let graceMs = ORDINARY_GRACE_MS
    for (const { grace, untilMs } of this.#graces) {
      const isMeant = grace.instruments === null || grace.instruments.includes(instrument)
      if (isMeant && atMs <= untilMs) graceMs = Math.max(graceMs, grace.ms)
    }
    return graceMs
  }
}

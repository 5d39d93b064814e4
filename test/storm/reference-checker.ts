import type { Simulator } from '../../src/simulator/server/api.ts'
import type { Top } from '../../src/simulator/market/top-history.ts'
import type { Reader } from '../pipeline/running-service.ts'

/** Tolerance for the 100 ms bucket of the exchange, the service and a busy machine. */
const ORDINARY_GRACE_MS = 1500
const SAMPLE_EVERY_MS = 50

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
  readonly #simulator: Simulator
  readonly #readers: ReadonlyMap<string, Reader>
  readonly #graces: { grace: Grace; untilMs: number }[] = []
  #during = 'calm'
  #isStopped = false
  #done: Promise<unknown> = Promise.resolve()

  constructor(simulator: Simulator, readers: ReadonlyMap<string, Reader>) {
    this.#simulator = simulator
    this.#readers = readers
  }

  start(): void {
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

  async #watch(name: string, reader: Reader): Promise<void> {
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

  async #sampleMetrics(name: string, reader: Reader): Promise<void> {
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

  async #sampleSnapshot(name: string, reader: Reader, instrument: string): Promise<void> {
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
    this.values += 1
    const graceMs = this.#graceMs(instrument, beforeMs)
    const isEqual = this.#topsOf(instrument).some((top, index, tops) => {
      const endMs = tops[index + 1]?.sinceMonotonicMs ?? Number.POSITIVE_INFINITY
      if (endMs < beforeMs - graceMs || top.bestBid === null || top.bestAsk === null) return false
      const [bid, bidAmount] = top.bestBid
      const [ask, askAmount] = top.bestAsk
      return bid < ask && isShown({ bid, bidAmount, ask, askAmount })
    })
    if (!isEqual) this.lies.push({ service, instrument, shown, graceMs, during: this.#during })
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

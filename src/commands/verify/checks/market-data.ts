import type { CheckId } from './catalogue.ts'
import type { Findings } from '../findings.ts'
import { CHANGES, isJsonObject, type JsonObject, type Notification } from '../frame.ts'
import {
  checkFields,
  compareFields,
  FIELDS,
  isSafeCount,
  OLD_STATES,
  REQUIRED,
  STATES,
} from './known-fields.ts'

/** A ticker is sent at least every 5 s; half of that again is allowed for the transmission. */
const TICKER_SILENCE_MS = 7500
const INDEX_SILENCE_MS = 5000
const TICK_DIRECTIONS: ReadonlySet<unknown> = new Set([0, 1, 2, 3])

/** Checks the channels beside the books: tickers, quotes, trades, indices and states. */
export class MarketDataChecks {
  readonly #findings: Findings
  readonly #lastTradeSeq = new Map<string, number>()
  readonly #lastReceivedMs = new Map<string, number>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  /** A new connection starts every channel again. */
  reset(): void {
    this.#lastTradeSeq.clear()
    this.#lastReceivedMs.clear()
  }

  /** A channel that is subscribed again, or no more, starts again. */
  forget(channel: string): void {
    this.#lastTradeSeq.delete(channel)
    this.#lastReceivedMs.delete(channel)
  }

  /** Checks at the end of a connection that no channel has stopped. */
  end(nowMs: number): void {
    for (const [channel, lastMs] of this.#lastReceivedMs)
      this.#checkInterval(channel, lastMs, nowMs)
  }

  ticker(notification: Notification): void {
    this.#object('ticker.fields', notification, (data) => {
      this.tickerFields('ticker.fields', data)
      this.state('ticker.state', data['state'], notification.eraMs)
    })
    this.#arrived(notification)
  }

  /** Fields of a ticker, which are also the head of `public/get_order_book`. */
  tickerFields(id: CheckId, data: JsonObject, more: readonly string[] = []): void {
    checkFields(this.#findings, id, compareFields(data, new Set([...FIELDS.ticker, ...more])))
    const { stats, greeks } = data
    if (isJsonObject(stats)) checkFields(this.#findings, id, compareFields(stats, FIELDS.stats))
    if (isJsonObject(greeks)) checkFields(this.#findings, id, compareFields(greeks, FIELDS.greeks))
  }

  quote(notification: Notification): void {
    this.#object('quote.fields', notification, (data) =>
      checkFields(
        this.#findings,
        'quote.fields',
        compareFields(data, FIELDS.quote, REQUIRED.quote),
      ),
    )
  }

  /** @param isSequential false for a channel of several instruments */
  trades({ channel, data, eraMs }: Notification, isSequential: boolean): void {
    const findings = this.#findings
    if (!Array.isArray(data)) {
      findings.check('trades.fields', false, 'data is not a list')
      return
    }
    for (const trade of data as readonly unknown[]) {
      if (!isJsonObject(trade)) {
        findings.check('trades.fields', false, 'a trade is not an object')
        continue
      }
      checkFields(findings, 'trades.fields', compareFields(trade, FIELDS.trade, REQUIRED.trade))
      const problem = problemOfTrade(trade)
      findings.check('trades.values', problem === null, problem ?? '')
      const isClear = !('liquidation' in trade)
      if (!isClear && eraMs < CHANGES.liquidation) {
        findings.except('trades.liquidation', 'liquidation, as before October 2023')
      } else findings.check('trades.liquidation', isClear, 'a trade with liquidation')
      if (isSequential) this.#tradeSeq(channel, trade['trade_seq'])
    }
  }

  priceIndex(notification: Notification): void {
    this.#object('index.fields', notification, (data) =>
      checkFields(
        this.#findings,
        'index.fields',
        compareFields(data, FIELDS.priceIndex, REQUIRED.priceIndex),
      ),
    )
    this.#arrived(notification)
  }

  instrumentState(notification: Notification): void {
    this.#object('state.known', notification, (data) => {
      checkFields(this.#findings, 'state.known', compareFields(data, FIELDS.instrumentState))
      this.state('state.known', data['state'], notification.eraMs)
    })
  }

  platformState(notification: Notification): void {
    this.#object('platform.fields', notification, (data) =>
      checkFields(this.#findings, 'platform.fields', compareFields(data, FIELDS.platformState)),
    )
  }

  publicMethods(notification: Notification): void {
    this.#object('platform.fields', notification, (data) =>
      checkFields(this.#findings, 'platform.fields', compareFields(data, FIELDS.publicMethods)),
    )
  }

  state(id: CheckId, state: unknown, eraMs: number): void {
    if (!STATES.has(state) && OLD_STATES.has(state) && eraMs < CHANGES.states) {
      this.#findings.except(id, `state ${String(state)}, as before January 2026`)
    } else this.#findings.check(id, STATES.has(state), () => `state ${JSON.stringify(state)}`)
  }

  #tradeSeq(channel: string, seq: unknown): void {
    const findings = this.#findings
    if (seq !== undefined) findings.check('envelope.integers', isSafeCount(seq), 'trade_seq')
    if (!isSafeCount(seq)) return
    const last = this.#lastTradeSeq.get(channel)
    this.#lastTradeSeq.set(channel, Math.max(seq, last ?? 0))
    if (last === undefined) return
    if (seq <= last) findings.except('trades.sequence', 'a trade that is not newer, to be ignored')
    else findings.check('trades.sequence', seq === last + 1, 'trades are missing')
  }

  #arrived({ channel, receivedMs }: Notification): void {
    if (receivedMs === null) return
    const lastMs = this.#lastReceivedMs.get(channel)
    this.#lastReceivedMs.set(channel, receivedMs)
    if (lastMs !== undefined) this.#checkInterval(channel, lastMs, receivedMs)
  }

  #checkInterval(channel: string, lastMs: number, nowMs: number): void {
    const isTicker = channel.startsWith('ticker.')
    const id = isTicker ? 'ticker.interval' : 'index.interval'
    const limitMs = isTicker ? TICKER_SILENCE_MS : INDEX_SILENCE_MS
    const isQuiet = nowMs - lastMs > limitMs
    // Recorded in 2021: raw tickers of options were silent for 15 s.
    if (isTicker && isQuiet && channel.endsWith('.raw')) {
      this.#findings.except(id, `a raw ticker is silent for more than ${limitMs / 1000} s`)
      return
    }
    this.#findings.check(id, !isQuiet, `silent for more than ${limitMs / 1000} s`)
  }

  #object(id: CheckId, { data }: Notification, check: (data: JsonObject) => void): void {
    if (isJsonObject(data)) check(data)
    else this.#findings.check(id, false, 'data is not an object')
  }
}

function problemOfTrade(trade: JsonObject): string | null {
  const { direction, tick_direction: tickDirection, price, amount, trade_id: id } = trade
  if (direction !== 'buy' && direction !== 'sell') return `direction ${JSON.stringify(direction)}`
  if (tickDirection !== undefined && !TICK_DIRECTIONS.has(tickDirection)) {
    return `tick_direction ${JSON.stringify(tickDirection)}`
  }
  if (!Number.isFinite(price)) return 'a price that is not finite'
  if (!Number.isFinite(amount) || (amount as number) <= 0) return 'an amount that is not above 0'
  return typeof id === 'string' ? null : 'trade_id is not a text'
}

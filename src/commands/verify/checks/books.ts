import type { CheckId } from './catalogue.ts'
import type { Findings } from '../findings.ts'
import { CHANGES, factsOf, isJsonObject, type JsonObject, type Notification } from '../frame.ts'
import { checkFields, compareFields, FIELDS, isSafeCount, REQUIRED } from './known-fields.ts'

type Side = 'bids' | 'asks'
const SIDES = ['bids', 'asks'] as const

/** One side of a book: amounts by price, and the best price. */
class PlainSide {
  readonly #levels = new Map<number, number>()
  readonly #isBetter: (price: number, other: number) => boolean
  #best: number | null = null

  constructor(side: Side) {
    this.#isBetter = side === 'bids' ? (a, b) => a > b : (a, b) => a < b
  }

  get best(): number | null {
    return this.#best
  }

  has(price: number): boolean {
    return this.#levels.has(price)
  }

  clear(): void {
    this.#levels.clear()
    this.#best = null
  }

  set(price: number, amount: number): void {
    if (amount > 0) {
      this.#levels.set(price, amount)
      if (this.#best === null || this.#isBetter(price, this.#best)) this.#best = price
      return
    }
    this.#levels.delete(price)
    if (price !== this.#best) return
    this.#best = null
    for (const other of this.#levels.keys()) {
      if (this.#best === null || this.#isBetter(other, this.#best)) this.#best = other
    }
  }
}

interface ChannelState {
  lastId: number | null
  lastTimeMs: number
  /** Whether every level is known: since a snapshot without a break. */
  isWhole: boolean
  readonly bids: PlainSide
  readonly asks: PlainSide
}

export interface BookCheckDeps {
  findings: Findings
  /** Whether the recording has the subscription of the channel, so that it starts with it. */
  isSubscriptionKnown(channel: string): boolean
  /** Checks the units of a level, if the instrument is known. */
  checkLevel(instrument: string, price: number, amount: number): void
}

/** Checks the frames of `book.{i}.{interval}` and `book.{i}.{group}.{depth}.{interval}`. */
export class BookChecks {
  readonly #deps: BookCheckDeps
  readonly #channels = new Map<string, ChannelState>()

  constructor(deps: BookCheckDeps) {
    this.#deps = deps
  }

  /** A new connection starts every channel again. */
  reset(): void {
    this.#channels.clear()
  }

  /** A channel that is subscribed again starts again. */
  forget(channel: string): void {
    this.#channels.delete(channel)
  }

  incremental(notification: Notification): void {
    const { findings } = this.#deps
    const { channel, data, eraMs } = notification
    if (!isJsonObject(data)) {
      findings.check('book.fields', false, 'data is not an object')
      return
    }
    const fields = compareFields(data, FIELDS.incremental, REQUIRED.incremental)
    checkFields(findings, 'book.fields', fields)
    const isSnapshot = this.#isSnapshot(data, eraMs)
    const rowsAreValid = SIDES.map((side) => this.#rows(data[side], side, isSnapshot, eraMs))
    if (fields.missing.length > 0 || isSnapshot === null) return
    const state = this.#sequence(channel, data, isSnapshot)
    if (state === null || rowsAreValid.includes(false)) {
      if (state !== null) state.isWhole = false
      return
    }
    this.#apply(state, data)
  }

  grouped(notification: Notification): void {
    const { findings } = this.#deps
    const { channel, data } = notification
    if (!isJsonObject(data)) {
      findings.check('grouped.fields', false, 'data is not an object')
      return
    }
    const fields = compareFields(data, FIELDS.grouped, REQUIRED.grouped)
    checkFields(findings, 'grouped.fields', fields)
    if (fields.missing.length > 0) return
    const depth = factsOf(channel).depth ?? 0
    const best = SIDES.map((side) => this.#groupedRows(data, side, depth))
    const [bid, ask] = best
    if (typeof bid === 'number' && typeof ask === 'number') this.#top('grouped.top', bid, ask)
    const { change_id: id, timestamp } = data
    if (!this.#hasSafeHead(data)) return
    const state = this.#stateOf(channel)
    const isRising = (id as number) >= (state.lastId ?? 0)
    const isForward = (timestamp as number) >= state.lastTimeMs
    findings.check('grouped.ids', isRising && isForward, () =>
      isRising ? 'timestamp falls' : 'change_id falls',
    )
    state.lastId = id as number
    state.lastTimeMs = timestamp as number
  }

  /** null if the type is invalid. */
  #isSnapshot(data: JsonObject, eraMs: number): boolean | null {
    const { findings } = this.#deps
    const { type, prev_change_id: prev } = data
    if (type === undefined && eraMs < CHANGES.type) {
      findings.except('book.type', 'no type, as before July 2021')
      return prev === undefined
    }
    const isKnown = type === 'snapshot' || type === 'change'
    if (!isKnown) findings.check('book.type', false, () => `type ${JSON.stringify(type)}`)
    else if (type === 'snapshot' && prev !== undefined && prev !== null) {
      findings.except('book.type', 'a snapshot with prev_change_id, as seen in 2022')
    } else if (type === 'change' && prev === 0) {
      findings.except('book.type', 'a change with prev_change_id 0 opens the book, as seen in 2021')
      return true
    } else {
      findings.check(
        'book.type',
        type === 'snapshot' || prev !== undefined,
        'a change without prev_change_id',
      )
    }
    return isKnown ? type === 'snapshot' : null
  }

  #rows(rows: unknown, side: Side, isSnapshot: boolean | null, eraMs: number): boolean {
    const { findings } = this.#deps
    if (!Array.isArray(rows)) {
      findings.check('book.rows', false, `${side} is not a list`)
      return false
    }
    let isValid = true
    for (const row of rows as readonly unknown[]) {
      const problem = problemOfRow(row)
      findings.check('book.rows', problem === null, problem ?? '')
      isValid &&= problem === null
      if (isSnapshot === true && Array.isArray(row) && problem === null) {
        findings.check('book.snapshot', row[0] === 'new', () => `action ${String(row[0])}`)
      }
    }
    const prices = (rows as readonly unknown[]).map((row) => valueAt(row, 1))
    const isSorted = sortedBestFirst(prices, side)
    if (!isSorted && isSnapshot === false && eraMs < CHANGES.sorted) {
      findings.except('book.order', 'rows of a change are not sorted, as before October 2021')
    } else findings.check('book.order', isSorted, `${side} are not sorted`)
    return isValid
  }

  #groupedRows(data: JsonObject, side: Side, depth: number): number | null {
    const { findings } = this.#deps
    const rows = data[side]
    if (!Array.isArray(rows)) {
      findings.check('grouped.rows', false, `${side} is not a list`)
      return null
    }
    findings.check('grouped.rows', rows.length <= depth, () => `${rows.length} rows a side`)
    let isValid = true
    for (const row of rows as readonly unknown[]) {
      const problem = problemOfPair(row)
      findings.check('grouped.rows', problem === null, problem ?? '')
      isValid &&= problem === null
    }
    const prices = (rows as readonly unknown[]).map((row) => valueAt(row, 0))
    findings.check('grouped.order', sortedBestFirst(prices, side), `${side} are not sorted`)
    if (!isValid) return null
    for (const [price, amount] of rows as readonly [number, number][]) {
      this.#deps.checkLevel(String(data['instrument_name']), price, amount)
    }
    return (prices[0] as number | undefined) ?? null
  }

  /** Checks ids and times; null if the frame is not to be applied. */
  #sequence(channel: string, data: JsonObject, isSnapshot: boolean): ChannelState | null {
    const { findings } = this.#deps
    if (!this.#hasSafeHead(data)) return null
    const isFirst = !this.#channels.has(channel)
    const state = this.#stateOf(channel)
    const id = data['change_id'] as number
    const timeMs = data['timestamp'] as number
    const { lastId } = state
    if (isFirst) this.#first(channel, isSnapshot)
    if (lastId !== null && !isSnapshot) {
      const isContinued = data['prev_change_id'] === lastId
      if (id <= lastId && !isContinued && timeMs <= state.lastTimeMs) {
        findings.except('book.sequence', 'a change that is not newer, to be ignored')
        return null
      }
      findings.check('book.sequence', isContinued, 'prev_change_id is not the last change_id')
      if (!isContinued) state.isWhole = false
    }
    findings.check('book.ids', lastId === null || id >= lastId, 'change_id falls')
    findings.check('book.time', timeMs >= state.lastTimeMs, 'timestamp falls')
    state.lastId = id
    state.lastTimeMs = timeMs
    if (isSnapshot) {
      state.isWhole = true
      state.bids.clear()
      state.asks.clear()
    }
    return state
  }

  #first(channel: string, isSnapshot: boolean): void {
    const { findings } = this.#deps
    if (isSnapshot || this.#deps.isSubscriptionKnown(channel)) {
      findings.check('book.first', isSnapshot, 'a change before the snapshot')
    } else findings.except('book.first', 'the recording starts after the snapshot')
  }

  #apply(state: ChannelState, data: JsonObject): void {
    const { findings } = this.#deps
    const instrument = String(data['instrument_name'])
    for (const side of SIDES) {
      for (const [action, price, amount] of data[side] as readonly [string, number, number][]) {
        const levels = state[side]
        if (state.isWhole) this.#level(action, levels.has(price))
        levels.set(price, action === 'delete' ? 0 : amount)
        if (action !== 'delete') this.#deps.checkLevel(instrument, price, amount)
      }
    }
    const bid = state.bids.best
    const ask = state.asks.best
    if (state.isWhole && bid !== null && ask !== null) this.#top('book.top', bid, ask)
    const rows = SIDES.reduce((sum, side) => sum + (data[side] as readonly unknown[]).length, 0)
    if (rows === 0 && data['type'] === 'change') findings.except('book.rows', 'an empty change')
  }

  #level(action: string, exists: boolean): void {
    const { findings } = this.#deps
    if (action === 'delete') {
      findings.check('book.levels', exists, 'delete of a price that is not in the book')
    } else if ((action === 'new') === exists) {
      findings.except('book.levels', `${action} of a price that is ${exists ? '' : 'not '}there`)
    } else findings.check('book.levels', true, '')
  }

  #top(id: CheckId, bid: number, ask: number): void {
    this.#deps.findings.check(id, bid < ask, () =>
      bid === ask ? 'the best bid is at the best ask' : 'the best bid is above the best ask',
    )
  }

  #hasSafeHead(data: JsonObject): boolean {
    const isSafe = isSafeCount(data['change_id']) && isSafeCount(data['timestamp'])
    this.#deps.findings.check('envelope.integers', isSafe, 'change_id or timestamp of a book')
    return isSafe
  }

  #stateOf(channel: string): ChannelState {
    const known = this.#channels.get(channel)
    if (known !== undefined) return known
    const [bids, asks] = [new PlainSide('bids'), new PlainSide('asks')]
    const state = { lastId: null, lastTimeMs: 0, isWhole: false, bids, asks }
    this.#channels.set(channel, state)
    return state
  }
}

function problemOfRow(row: unknown): string | null {
  if (!Array.isArray(row) || row.length !== 3) return 'a row without three values'
  const [action, price, amount] = row as readonly unknown[]
  if (!Number.isFinite(price) || !Number.isFinite(amount)) return 'a value that is not finite'
  if (action === 'delete') return amount === 0 ? null : 'delete with an amount'
  if (action !== 'new' && action !== 'change') return `action ${JSON.stringify(action)}`
  return (amount as number) > 0 ? null : 'an amount that is not above 0'
}

function problemOfPair(row: unknown): string | null {
  if (!Array.isArray(row) || row.length !== 2) return 'a row without two values'
  const [price, amount] = row as readonly unknown[]
  if (!Number.isFinite(price) || !Number.isFinite(amount)) return 'a value that is not finite'
  return (amount as number) > 0 ? null : 'an amount that is not above 0'
}

function valueAt(row: unknown, index: number): unknown {
  return Array.isArray(row) ? (row as readonly unknown[])[index] : null
}

function sortedBestFirst(prices: readonly unknown[], side: Side): boolean {
  return prices.every((price, index) => {
    const before = prices[index - 1]
    if (typeof price !== 'number' || typeof before !== 'number') return true
    return side === 'bids' ? price < before : price > before
  })
}

import { mapSnapshotSignals } from '../../http/schemas/signals-json.ts'
import { NEXT_MOVE_OUTCOMES, type SignalAxes } from '../../model/signals.ts'
import { type NumberAxes, type SnapshotView, windowName } from '../../model/snapshot.ts'
import type { InstrumentView } from '../../model/snapshot.ts'

/**
 * Why there is a row: an `update` of the book; a `checkpoint` that confirmed it; `trades`; a change
 * of `state` by time alone; a `step` of the grid.
 */
export type RowCause = 'update' | 'checkpoint' | 'trades' | 'state' | 'step'

/** One reading of a book. */
export interface Row {
  /** Time of the reading: of the record, or of the step; epoch ms. */
  readonly timeMs: number
  readonly cause: RowCause
  readonly view: InstrumentView
  /** null before the first snapshot. */
  readonly snapshot: SnapshotView | null
}

export type ColumnType = 'text' | 'time' | 'integer' | 'number' | 'flag'
export type Value = string | number | boolean | null

/** A column of the table. Times are epoch ms; null = absent. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly read: (row: Row) => Value
}

type Read = (snapshot: SnapshotView) => Value | undefined

/**
 * Columns of the table: the fields of the API's snapshot in snake_case. What depends on the process
 * that read the book (its lag, ages, times of publication) and the levels are not part of it.
 * @param signalAxes null for a table without signals
 */
export function columnsOf(axes: NumberAxes, signalAxes: SignalAxes | null): Column[] {
  return [
    { name: 'time_ms', type: 'time', read: ({ timeMs }) => timeMs },
    { name: 'instrument', type: 'text', read: ({ view }) => view.instrument },
    { name: 'cause', type: 'text', read: ({ cause }) => cause },
    { name: 'state', type: 'text', read: ({ view }) => view.state },
    { name: 'reason', type: 'text', read: ({ view }) => view.reason },
    { name: 'exchange_time_ms', type: 'time', read: ({ view }) => view.lastUpdateMs },
    ...always('received_time_ms', 'time', (snapshot) => snapshot.receivedTimeMs),
    { name: 'verified_time_ms', type: 'time', read: ({ view }) => view.verifiedTimeMs },
    ...always('change_id', 'integer', (snapshot) => snapshot.changeId),
    ...always('source_topic', 'text', (snapshot) => snapshot.source.topic),
    ...always('source_partition', 'integer', (snapshot) => snapshot.source.partition),
    ...always('source_offset', 'integer', (snapshot) => Number(snapshot.source.offset)),
    ...numbers([
      ['best_bid_price', ({ bestBid }) => bestBid?.price],
      ['best_bid_amount', ({ bestBid }) => bestBid?.amount],
      ['best_ask_price', ({ bestAsk }) => bestAsk?.price],
      ['best_ask_amount', ({ bestAsk }) => bestAsk?.amount],
      ['mid_price', ({ midPrice }) => midPrice],
      ['weighted_mid_price', ({ weightedMidPrice }) => weightedMidPrice],
      ['spread', ({ spread }) => spread],
      ['spread_ratio', ({ spreadRatio }) => spreadRatio],
      ...axes.imbalanceDepths.map((depth, index): [string, Read] => [
        `imbalance_${depth}`,
        ({ imbalances }) => imbalances[index],
      ]),
    ]),
    ...live('levels_bid', 'integer', ({ bidLevels }) => bidLevels),
    ...live('levels_ask', 'integer', ({ askLevels }) => askLevels),
    ...axes.bandsBps.flatMap(bandColumns),
    ...live('last_trade_price', 'number', ({ lastTrade }) => lastTrade?.price),
    ...live('last_trade_amount', 'number', ({ lastTrade }) => lastTrade?.amount),
    ...live('last_trade_side', 'text', ({ lastTrade }) => lastTrade?.side),
    ...live('last_trade_exchange_time_ms', 'time', ({ lastTrade }) => lastTrade?.exchangeTimeMs),
    ...axes.windowsMs.flatMap(windowColumns),
    ...(signalAxes === null ? [] : signalColumns(signalAxes)),
  ]
}

function bandColumns(bps: number, index: number): Column[] {
  const name = `bands_${String(bps).replace('.', '_')}`
  return [
    ...numbers([
      [`${name}_bid`, ({ bands }) => bands[index]?.bid],
      [`${name}_ask`, ({ bands }) => bands[index]?.ask],
      [`${name}_imbalance`, ({ bands }) => bands[index]?.imbalance],
    ]),
    ...live(`${name}_bid_covered`, 'flag', ({ bands }) => bands[index]?.bidCovered),
    ...live(`${name}_ask_covered`, 'flag', ({ bands }) => bands[index]?.askCovered),
  ]
}

function windowColumns(windowMs: number, index: number): Column[] {
  const name = `windows_${windowName(windowMs)}`
  return [
    ...numbers([
      [`${name}_order_flow_imbalance`, ({ windows }) => windows[index]?.orderFlowImbalance],
      [
        `${name}_order_flow_imbalance_ratio`,
        ({ windows }) => windows[index]?.orderFlowImbalanceRatio,
      ],
      [`${name}_trade_flow_imbalance`, ({ windows }) => windows[index]?.tradeFlowImbalance],
      [`${name}_buy_volume`, ({ windows }) => windows[index]?.buyVolume],
      [`${name}_sell_volume`, ({ windows }) => windows[index]?.sellVolume],
    ]),
    ...live(`${name}_trade_count`, 'integer', ({ windows }) => windows[index]?.tradeCount),
    ...numbers([
      [`${name}_realized_volatility`, ({ windows }) => windows[index]?.realizedVolatility],
      [`${name}_imbalance_min`, ({ windows }) => windows[index]?.imbalanceMin],
      [`${name}_imbalance_max`, ({ windows }) => windows[index]?.imbalanceMax],
      [`${name}_imbalance_mean`, ({ windows }) => windows[index]?.imbalanceMean],
      [`${name}_coverage`, ({ windows }) => windows[index]?.coverage],
    ]),
  ]
}

type SignalsJson = NonNullable<ReturnType<typeof mapSnapshotSignals>>
type HorizonJson = SignalsJson['horizons'][string]
type EstimateJson = SignalsJson['nextMove']['hitRate']

/** The signals of the API's snapshot, which are those of the best level. */
function signalColumns({ horizonsMs }: SignalAxes): Column[] {
  const signalsOf = mapEachOnce()
  const column = (
    name: string,
    type: ColumnType,
    read: (signals: SignalsJson) => Value | undefined,
  ) =>
    live(`signals_${name}`, type, (snapshot) => {
      const signals = signalsOf(snapshot)
      return signals === null ? null : read(signals)
    })
  const estimate = (name: string, read: (signals: SignalsJson) => EstimateJson | undefined) =>
    (['value', 'low', 'high'] as const).flatMap((part) =>
      column(`${name}_${part}`, 'number', (signals) => read(signals)?.[part]),
    )
  const horizonColumns = (horizonMs: number): Column[] => {
    const horizon = windowName(horizonMs)
    const name = `horizons_${horizon}`
    const read = ({ horizons }: SignalsJson): HorizonJson | undefined => horizons[horizon]
    return [
      ...column(`${name}_effective_cases`, 'number', (signals) => read(signals)?.effectiveCases),
      ...estimate(`${name}_hit_rate`, (signals) => read(signals)?.hitRate),
      ...estimate(`${name}_correlation`, (signals) => read(signals)?.correlation),
      ...column(`${name}_slope_bps`, 'number', (signals) => read(signals)?.slopeBps),
    ]
  }
  return [
    ...column('micro_price', 'number', ({ microPrice }) => microPrice),
    ...NEXT_MOVE_OUTCOMES.flatMap((outcome) =>
      column(`next_move_${outcome}`, 'integer', ({ nextMove }) => nextMove[outcome]),
    ),
    ...column('next_move_effective_cases', 'number', ({ nextMove }) => nextMove.effectiveCases),
    ...estimate('next_move_hit_rate', ({ nextMove }) => nextMove.hitRate),
    ...horizonsMs.flatMap(horizonColumns),
  ]
}

/** Maps the signals of a snapshot once for all columns of its row. */
function mapEachOnce(): (snapshot: SnapshotView) => SignalsJson | null {
  let mapped: SnapshotView | null = null
  let signals: SignalsJson | null = null
  return (snapshot) => {
    if (snapshot !== mapped) {
      mapped = snapshot
      signals = mapSnapshotSignals(snapshot.signals)
    }
    return signals
  }
}

function numbers(rows: readonly (readonly [string, Read])[]): Column[] {
  return rows.flatMap(([name, read]) => live(name, 'number', read))
}

/** A column of values that exist only while the book is live. */
function live(name: string, type: ColumnType, read: Read): Column[] {
  return always(name, type, (snapshot) => (snapshot.state === 'live' ? read(snapshot) : null))
}

/** A column of values that exist since the first snapshot. */
function always(name: string, type: ColumnType, read: Read): Column[] {
  return [
    { name, type, read: ({ snapshot }) => (snapshot === null ? null : valueOf(read(snapshot))) },
  ]
}

/** As in the API: what is not finite is absent, and there is one zero. */
function valueOf(value: Value | undefined): Value {
  if (value === undefined) return null
  if (typeof value !== 'number') return value
  if (!Number.isFinite(value)) return null
  return value === 0 ? 0 : value
}

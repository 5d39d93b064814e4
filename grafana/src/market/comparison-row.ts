import { metric } from '../../../prometheus/src/metric-names.ts'
import { MIN_COVERAGE } from '../../../src/analytics/event-time.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph, type GraphSpec } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series } from '../parts/selector.ts'
import { BASIS_POINTS, byInstrument, FULL_ONLY, inWindow, NO_VALUE } from './numbers.ts'

const NO_WINDOW = `${FULL_ONLY}. Windows younger than half their length have no values`
const SHARE = { min: -1, max: 1, decimals: 2, unit: 'none' } as const

/** A graph with one line per instrument, named by it alone: its colour is the same in all of them. */
const compared = (expr: string, spec: Omit<GraphSpec, 'queries'>) =>
  graph({ ...spec, queries: [query(expr, '{{instrument}}')] })

/** Row: the selected instruments beside each other, as ratios because scales differ. */
export const comparisonRow: Row = {
  title: 'Selected instruments compared',
  isCollapsed: true,
  panels: [
    compared(
      `${byInstrument(metric.midPrice)}
/ on (instrument)
max by (instrument) (avg_over_time(${series(metric.midPrice)}[$__range] @ end()))
- 1`,
      {
        title: 'Mid-price against its mean in this time',
        what: 'Mid-price divided by its mean over the time range, minus one.',
        normal: 'no gaps; in a gap the price was not known to be true.',
        act: 'for gaps look at the states below.',
        absent: NO_VALUE,
        unit: 'percentunit',
        decimals: 3,
      },
    ),
    compared(`${BASIS_POINTS} * ${byInstrument(metric.spreadRatio)}`, {
      title: 'Spread in basis points, compared',
      what: 'Best ask minus best bid, divided by the mid-price, in basis points.',
      normal: 'a few ticks; wide for options.',
      act: 'a sudden widening of one instrument is the market, of all of them often the exchange.',
      absent: NO_VALUE,
      unit: 'none',
      isLog: true,
    }),
    compared(byInstrument(metric.imbalanceRatio, 'depth=~"$depth"'), {
      title: 'Imbalance of $depth levels',
      what: 'Bid minus ask amount of the best levels, divided by their sum: 1 is all bids, -1 all asks. Depth 1 is the queue imbalance of the literature.',
      normal: 'around zero; larger depths move less.',
      act: 'nothing to do; the extremes between two scrapes are in the graphs of each instrument.',
      absent: NO_VALUE,
      ...SHARE,
    }),
    compared(byInstrument(metric.depthImbalanceRatio, 'band_bps=~"$band_bps"'), {
      title: 'Imbalance within $band_bps bp',
      what: 'Bid minus ask amount within so many basis points of the mid-price, divided by their sum.',
      normal: 'closer to zero than the imbalance of the best levels.',
      act: 'nothing to do; compare with the depth.',
      absent: `${FULL_ONLY}. A band is also absent where the book is not known so far`,
      ...SHARE,
    }),
    compared(
      `${BASIS_POINTS} * (${byInstrument(metric.weightedMidPrice)} / ${byInstrument(metric.midPrice)} - 1)`,
      {
        title: 'Weighted mid against mid, in basis points',
        what: 'Weighted mid minus mid. Each price is weighted by the amount of the other side. Not Stoikov’s micro-price.',
        normal: 'within half a spread around zero.',
        act: 'a lasting distance is pressure on one side, not a fault.',
        absent: FULL_ONLY,
        unit: 'none',
        decimals: 4,
      },
    ),
    compared(inWindow(metric.orderFlowImbalanceAmount), {
      title: 'Order flow imbalance over $window',
      what: 'Order flow imbalance of the best level over the window (Cont, Kukanov and Stoikov 2014), in the unit of the instrument, sampled at the received snapshots.',
      normal: 'around zero, larger for longer windows.',
      act: 'nothing to do; use the ratio to compare instruments.',
      absent: NO_WINDOW,
      unit: 'short',
    }),
    compared(inWindow(metric.orderFlowImbalanceRatio), {
      title: 'Order flow imbalance by the amount at the best level',
      what: 'The same divided by the mean amount at the best level; unbounded.',
      normal: 'around zero.',
      act: 'nothing to do.',
      absent: NO_WINDOW,
      unit: 'none',
      decimals: 2,
    }),
    compared(inWindow(metric.tradeFlowImbalanceRatio), {
      title: 'Trade flow imbalance over $window',
      what: 'Taker buy minus sell volume, divided by their sum: 1 is only buys.',
      normal: 'between -1 and 1; gaps without trades.',
      act: 'no data: the trades topic is not read; see the pipeline dashboard.',
      absent: `No trade in the window. ${NO_WINDOW}`,
      ...SHARE,
    }),
    compared(inWindow(metric.realizedVolatilityRatio), {
      title: 'Realised volatility over $window',
      what: 'Annualised volatility of the mid-price on a grid of whole seconds over the window, for windows of 10 s and more.',
      normal: 'rough for short windows.',
      act: 'nothing to do; absent below five returns.',
      absent: `Fewer than five returns in the window. ${NO_WINDOW}`,
      unit: 'percentunit',
      decimals: 1,
      min: 0,
    }),
    compared(byInstrument(metric.markPrice), {
      title: 'Mark price',
      what: 'Mark price that the exchange sent with the last trade.',
      normal: 'close to the mid-price.',
      act: 'nothing to do.',
      absent: 'No trade yet, no live book, signals are off (SIGNALS), or METRICS_DETAIL=core',
      unit: 'none',
    }),
    compared(byInstrument(metric.indexPrice), {
      title: 'Index price',
      what: 'Price of the underlying index that the exchange sent with the last trade.',
      normal: 'close to the mark price for perpetuals.',
      act: 'nothing to do.',
      absent: 'No trade yet, no live book, signals are off (SIGNALS), or METRICS_DETAIL=core',
      unit: 'none',
    }),
    compared(`min by (instrument) (${series(metric.windowCoverageRatio, 'window=~"$window"')})`, {
      title: 'Coverage of $window',
      what: 'Share of the window in which the book was observed without interruption.',
      normal: '100 %; it grows from zero after each interruption.',
      act: `below ${MIN_COVERAGE * 100} % the other numbers of the window are absent: wait, or look what breaks it.`,
      absent: FULL_ONLY,
      unit: 'percentunit',
      min: 0,
      max: 1,
      limit: MIN_COVERAGE,
      badSide: 'below',
    }),
  ],
}

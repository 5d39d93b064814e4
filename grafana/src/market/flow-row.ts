import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series, withAmountUnit } from '../parts/selector.ts'

const WINDOW = 'window=~"$window"'
const NO_WINDOW = 'No live book, or its windows are younger than half their length'
const LEGEND = '{{instrument}} {{window}}'

const byWindow = (name: string) => `max by (instrument, window) (${series(name, WINDOW)})`

/** Row: order flow and volatility. */
export const flowRow: Row = {
  title: 'Flow and volatility',
  panels: [
    graph({
      title: 'Order flow imbalance',
      what: 'Order flow imbalance of the best level over the window (Cont, Kukanov and Stoikov 2014), in the unit of the instrument, sampled at the received snapshots.',
      normal: 'around zero, larger for longer windows.',
      act: 'nothing to do; use the ratio to compare instruments.',
      absent: NO_WINDOW,
      unit: 'short',
      queries: [
        query(
          withAmountUnit(byWindow(metric.orderFlowImbalanceAmount)),
          `${LEGEND} {{amount_unit}}`,
        ),
      ],
    }),
    graph({
      title: 'Order flow imbalance by the amount at the best level',
      what: 'The same divided by the mean amount at the best level; unbounded.',
      normal: 'around zero.',
      act: 'nothing to do.',
      absent: NO_WINDOW,
      unit: 'none',
      decimals: 2,
      queries: [query(byWindow(metric.orderFlowImbalanceRatio), LEGEND)],
    }),
    graph({
      title: 'Trade flow imbalance',
      what: 'Taker buy minus sell volume, divided by their sum: 1 is only buys.',
      normal: 'between -1 and 1; gaps without trades.',
      act: 'no data: the trades topic is not read; see the pipeline dashboard.',
      absent: `No trade in the window. ${NO_WINDOW}`,
      unit: 'percentunit',
      decimals: 2,
      min: -1,
      max: 1,
      queries: [query(byWindow(metric.tradeFlowImbalanceRatio), LEGEND)],
    }),
    graph({
      title: 'Realised volatility',
      what: 'Annualised volatility of the mid-price on a grid of whole seconds over the window, for windows of 10 s and more.',
      normal: 'rough for short windows.',
      act: 'nothing to do; absent below five returns.',
      absent: `Fewer than five returns in the window. ${NO_WINDOW}`,
      unit: 'percentunit',
      decimals: 1,
      min: 0,
      queries: [query(byWindow(metric.realizedVolatilityRatio), LEGEND)],
    }),
  ],
}

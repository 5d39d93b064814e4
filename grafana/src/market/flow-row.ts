import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series, withAmountUnit } from '../parts/selector.ts'

const WINDOW = 'window=~"$window"'
const NO_WINDOW = 'No live book, or its windows are younger than half their length'
const LEGEND = '{{instrument}} {{window}}'

const byWindow = (name: string) => `max by (instrument, window) (${series(name, WINDOW)})`

/** What moves the books. */
export const flowRow: Row = {
  title: 'Flow and volatility',
  panels: [
    graph({
      title: 'Order flow imbalance',
      what: 'What was added and taken at the best level of both sides over the window, by Cont, Kukanov and Stoikov (2014), in the unit of the instrument. Sampled at the pictures received.',
      normal: 'around nought, the larger the longer the window.',
      act: 'nothing to mend; to compare instruments use the ratio beside it.',
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
      what: 'The same divided by the mean amount at the best level of a side: how many times the queue was pushed. Not bounded.',
      normal: 'around nought.',
      act: 'nothing to mend.',
      absent: NO_WINDOW,
      unit: 'none',
      decimals: 2,
      queries: [query(byWindow(metric.orderFlowImbalanceRatio), LEGEND)],
    }),
    graph({
      title: 'Trade flow imbalance',
      what: 'Volume of buying minus selling takers, divided by their sum: 1 is buyers alone.',
      normal: 'to and fro between -1 and 1; gaps where nobody traded.',
      act: 'no line at all: the topic of the trades is not read, see the dashboard of the pipeline.',
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
      act: 'nothing to mend; below five returns there is none.',
      absent: `Fewer than five returns in the window. ${NO_WINDOW}`,
      unit: 'percentunit',
      decimals: 1,
      min: 0,
      queries: [query(byWindow(metric.realizedVolatilityRatio), LEGEND)],
    }),
  ],
}

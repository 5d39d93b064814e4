import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series } from '../parts/selector.ts'

const MID = series(metric.midPrice)
const NOT_LIVE =
  'No live book: its state, in the table at the top and below, says why. A change also needs a price at the start of the range'

/** Row: prices of several instruments as ratios, because scales differ. */
export const priceRow: Row = {
  title: 'Price',
  panels: [
    graph({
      title: 'Mid-price: change since the start of the range',
      what: 'Mid-price divided by its value at the start of the range, minus one.',
      normal: 'no gaps; in a gap the price was not known to be true.',
      act: 'for gaps look at the states below.',
      absent: NOT_LIVE,
      unit: 'percentunit',
      decimals: 3,
      queries: [
        query(
          `max by (instrument) (${MID}) / max by (instrument) (${MID} @ start()) - 1`,
          '{{instrument}}',
        ),
      ],
    }),
    graph({
      title: 'Weighted mid against mid',
      what: 'Weighted mid minus mid. Each price is weighted by the amount of the other side. Not Stoikov’s micro-price.',
      normal: 'within half a spread around zero.',
      act: 'a lasting distance is pressure on one side, not a fault.',
      absent: NOT_LIVE,
      unit: 'percentunit',
      decimals: 4,
      queries: [
        query(
          `max by (instrument) (${series(metric.weightedMidPrice)}) / max by (instrument) (${MID}) - 1`,
          '{{instrument}}',
        ),
      ],
    }),
    graph({
      title: 'Spread by mid-price',
      what: 'Best ask minus best bid, divided by the mid-price.',
      normal: 'a few ticks; wide for options.',
      act: 'a sudden widening of one instrument is the market, of all of them often the exchange.',
      absent: NOT_LIVE,
      unit: 'percentunit',
      isLog: true,
      width: 24,
      queries: [query(`max by (instrument) (${series(metric.spreadRatio)})`, '{{instrument}}')],
    }),
  ],
}

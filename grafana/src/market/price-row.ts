import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series } from '../parts/selector.ts'

const MID = series(metric.midPrice)
const NOT_LIVE =
  'No live book: its state, in the table at the top and below, says why. A change also needs a price at the start of the range'

/** Prices of several instruments beside each other: as ratios, since their scales differ. */
export const priceRow: Row = {
  title: 'Price',
  panels: [
    graph({
      title: 'Mid-price: change since the start of the range',
      what: 'Mean of best bid and best ask, divided by what it was at the start of the range, less one.',
      normal: 'a line without gaps; a gap is a time in which the price was not known to be true.',
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
      what: 'How far the mid-price weighted with the amounts of the other side lies from the plain one: where the next price is more likely to be. Not Stoikov’s micro-price.',
      normal: 'within half a spread on either side of nought.',
      act: 'lasting distance to one side is pressure on the book, not a fault.',
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

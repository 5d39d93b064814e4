import { metric } from '../../../prometheus/src/metric-names.ts'
import { SIDE_COLORS } from '../parts/colors.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { rate, series, withAmountUnit } from '../parts/selector.ts'
import { BASIS_POINTS, byInstrument, bySide, FULL_ONLY, inWindow } from './numbers.ts'
import { NO_VALUE, SPREAD_TICKS } from './numbers.ts'

const SIDES = ['bid', 'ask'] as const
const TAKERS = ['buy', 'sell'] as const
const HEIGHT = 8
const SMALL = 6
/** Edges of the band; lines of no instrument. */
const BAND = { lower: 'min', upper: 'max' }

/** Row: one instrument on its own scale; a selection of several has one for each. */
export const instrumentRow: Row = {
  title: '$instrument',
  repeat: 'instrument',
  panels: [
    graph({
      title: 'Price',
      what: 'Best bid, best ask and the mid-prices between them, in the unit in which the exchange quotes the instrument.',
      normal: 'bid below ask, the mid-prices between; no gaps.',
      act: 'gaps are times in which the book was not live: see the states below.',
      absent: `${NO_VALUE}. With METRICS_DETAIL=core only the mid-price is there`,
      unit: 'none',
      height: HEIGHT,
      colors: { ...SIDE_COLORS, weighted: 'yellow', mid: 'text' },
      queries: [
        ...SIDES.map((side) => query(`max(${series(metric.bestPrice, bySide(side))})`, side)),
        query(`max(${series(metric.midPrice)})`, 'mid'),
        query(`max(${series(metric.weightedMidPrice)})`, 'weighted mid'),
      ],
    }),
    graph({
      title: 'Imbalance over $window',
      what: 'Bid minus ask amount of the best level, divided by their sum: 1 is all bids, -1 all asks. The line is the time-weighted mean of the window, the band its minimum and maximum, including changes between two scrapes.',
      normal: 'a wide band, the mean between its edges.',
      act: 'a mean at the edge for a whole window is lasting pressure on one side.',
      absent: `${NO_VALUE}. With METRICS_DETAIL=core only the value at the scrape is there`,
      unit: 'none',
      min: -1,
      max: 1,
      decimals: 2,
      height: HEIGHT,
      band: BAND,
      colors: { depth: 'semi-dark-purple' },
      queries: [
        query(inWindow(metric.imbalanceWindowRatio, 'stat="mean"'), '{{instrument}}'),
        query(`max(${inWindow(metric.imbalanceWindowRatio, 'stat="min"')})`, BAND.lower),
        query(`max(${inWindow(metric.imbalanceWindowRatio, 'stat="max"')})`, BAND.upper),
        query(
          `max by (depth) (${series(metric.imbalanceRatio, 'depth=~"$depth"')})`,
          'depth {{depth}} at the scrape',
        ),
      ],
    }),
    graph({
      title: 'Spread in basis points',
      what: 'Best ask minus best bid, divided by the mid-price, in basis points.',
      normal: 'below one for a perpetual of BTC or ETH; wide for options.',
      act: 'a sudden widening of one instrument is the market, of all of them often the exchange.',
      absent: NO_VALUE,
      unit: 'none',
      min: 0,
      width: SMALL,
      height: HEIGHT,
      queries: [query(`${BASIS_POINTS} * ${byInstrument(metric.spreadRatio)}`, '{{instrument}}')],
    }),
    graph({
      title: 'Spread in ticks',
      what: 'Best ask minus best bid, divided by the smallest price step of the instrument.',
      normal: '1 for a busy perpetual.',
      act: 'above 1 for long: somebody withdrew the best level.',
      absent: FULL_ONLY,
      unit: 'none',
      min: 0,
      width: SMALL,
      height: HEIGHT,
      queries: [query(SPREAD_TICKS, '{{instrument}}')],
    }),
    graph({
      title: 'Depth within $band_bps bp',
      what: 'Amount within so many basis points of the mid-price, by side, in the unit of the instrument.',
      normal: 'both sides of the same order.',
      act: 'a side that empties may precede a price move.',
      absent: `${FULL_ONLY}. A band is also absent where the book is not known so far: choose a narrower one, or a greater BOOK_DEPTH`,
      unit: 'short',
      min: 0,
      height: HEIGHT,
      colors: SIDE_COLORS,
      queries: SIDES.map((side) =>
        query(
          withAmountUnit(byInstrument(metric.depthAmount, 'band_bps=~"$band_bps"', bySide(side))),
          `${side} {{amount_unit}}`,
        ),
      ),
    }),
    graph({
      title: 'Volume',
      what: 'Traded amount per second by side of the taker, in the unit of the instrument.',
      normal: 'depends on the instrument.',
      act: 'none for long: the trades topic may not be read; see the pipeline dashboard.',
      absent:
        'No process has counters of trades: signals are off (SIGNALS), or METRICS_DETAIL=core',
      unit: 'short',
      min: 0,
      height: HEIGHT,
      colors: SIDE_COLORS,
      queries: TAKERS.map((side) =>
        query(
          withAmountUnit(`max by (instrument) (${rate(metric.tradeAmount, bySide(side))})`),
          `${side} {{amount_unit}}`,
        ),
      ),
    }),
    graph({
      title: 'Trades',
      what: 'Trades per second by side of the taker.',
      normal: 'depends on the instrument.',
      act: 'none for long: the trades topic may not be read; see the pipeline dashboard.',
      absent:
        'No process has counters of trades: signals are off (SIGNALS), or METRICS_DETAIL=core',
      unit: 'cps',
      min: 0,
      width: SMALL,
      height: HEIGHT,
      colors: SIDE_COLORS,
      queries: TAKERS.map((side) => query(`max(${rate(metric.trades, bySide(side))})`, side)),
    }),
    graph({
      title: 'Basis',
      what: 'Mark price over index price at the last trade, minus 1, in basis points.',
      normal: 'around zero for perpetuals.',
      act: 'nothing to do.',
      absent: 'No trade yet, no live book, signals are off (SIGNALS), or METRICS_DETAIL=core',
      unit: 'none',
      decimals: 2,
      width: SMALL,
      height: HEIGHT,
      queries: [query(`${BASIS_POINTS} * ${byInstrument(metric.basisRatio)}`, '{{instrument}}')],
    }),
  ],
}

import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series, withAmountUnit } from '../parts/selector.ts'

const SCALE = { min: -1, max: 1, decimals: 2, unit: 'percentunit' as const }
const NO_VALUE = 'No live book: its state says why'
const NOT_COVERED = `${NO_VALUE}. A band is also absent where the book is not known so far: choose a greater BOOK_DEPTH or a narrower band`

/** Row: imbalance and depth. */
export const imbalanceRow: Row = {
  title: 'Imbalance and depth',
  panels: [
    graph({
      title: 'Imbalance of the best levels',
      what: 'Bid minus ask amount of the best levels, divided by their sum: 1 is all bids, -1 all asks. Depth 1 is the queue imbalance of the literature.',
      normal: 'around zero; larger depths move less.',
      act: 'nothing to do; extremes between two scrapes are in the next panel.',
      absent: NO_VALUE,
      queries: [
        query(
          `max by (instrument, depth) (${series(metric.imbalanceRatio, 'depth=~"$depth"')})`,
          '{{instrument}} depth {{depth}}',
        ),
      ],
      ...SCALE,
    }),
    graph({
      title: 'Imbalance of the best level over windows',
      what: 'Minimum, maximum and time-weighted mean of the imbalance of the best level over each window, including changes between two scrapes.',
      normal: 'minimum and maximum far apart, the mean between them.',
      act: 'a mean at the edge for a whole window is lasting pressure on one side.',
      absent: `${NO_VALUE}, or its windows are younger than half their length`,
      queries: [
        query(
          `max by (instrument, window, stat) (${series(metric.imbalanceWindowRatio, 'window=~"$window"')})`,
          '{{instrument}} {{window}} {{stat}}',
        ),
      ],
      ...SCALE,
    }),
    graph({
      title: 'Depth within bands around the mid-price',
      what: 'Amount within so many basis points of the mid-price, by side, in the unit of the instrument; never add across instruments.',
      normal: 'wider bands hold more.',
      act: 'a band that empties on one side may precede a price move.',
      absent: NOT_COVERED,
      unit: 'short',
      queries: [
        query(
          withAmountUnit(
            `max by (instrument, side, band_bps) (${series(metric.depthAmount, 'band_bps=~"$band_bps"')})`,
          ),
          '{{instrument}} {{side}} {{band_bps}} bps {{amount_unit}}',
        ),
      ],
      min: 0,
    }),
    graph({
      title: 'Imbalance within bands around the mid-price',
      what: 'Bid minus ask amount within so many basis points of the mid-price, divided by their sum.',
      normal: 'closer to zero than the imbalance of the best levels.',
      act: 'nothing to do; compare with the depth.',
      absent: NOT_COVERED,
      queries: [
        query(
          `max by (instrument, band_bps) (${series(metric.depthImbalanceRatio, 'band_bps=~"$band_bps"')})`,
          '{{instrument}} {{band_bps}} bps',
        ),
      ],
      ...SCALE,
    }),
  ],
}

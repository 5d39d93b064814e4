import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { series } from '../parts/selector.ts'

/** Row: absolute prices, one graph per instrument, because scales differ. */
export const instrumentRow: Row = {
  title: 'Each instrument on its own scale',
  isCollapsed: true,
  panels: [
    {
      ...graph({
        title: 'Prices of $instrument',
        what: 'Best bid, best ask and the mid-prices between them, in the unit in which the exchange quotes the instrument.',
        normal: 'bid below ask, the mid-prices between.',
        act: 'gaps are times in which the book was not live: see the states above.',
        absent: 'The book is not live: its state says why',
        unit: 'none',
        queries: [
          query(`max by (side) (${series(metric.bestPrice)})`, 'best {{side}}'),
          query(`max(${series(metric.midPrice)})`, 'mid'),
          query(`max(${series(metric.weightedMidPrice)})`, 'weighted mid'),
        ],
      }),
      repeat: 'instrument',
    },
  ],
}

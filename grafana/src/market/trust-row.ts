import { metric } from '../../../prometheus/src/metric-names.ts'
import { LEAST_COVERAGE } from '../../../src/analytics/moment.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'

/** Age and state beside the numbers: a gap above has its reason here. */
export const trustRow: Row = {
  title: 'How far the numbers go',
  panels: [
    stateTimeline(24, 8),
    graph({
      title: 'Age of the last picture',
      what: 'Time since the exchange last changed the book, when it was scraped. A quiet book is old and true all the same: what proves it is on the overview.',
      normal: 'short for busy books; as long as nothing happens for the others.',
      act: 'compare with the age of the last proof on the overview: if that grows too, it is not the market.',
      absent: 'No book has had a picture yet, or no consumer is scraped',
      unit: 's',
      min: 0,
      queries: [
        query(`max by (instrument) (${age(metric.lastUpdateTimestamp)})`, '{{instrument}}'),
      ],
    }),
    graph({
      title: 'Coverage of the windows',
      what: 'Share of each window in which the book was watched without a break.',
      normal: '100 %; it grows from nought after each break.',
      act: `below ${LEAST_COVERAGE * 100} % the other numbers of the window are absent: wait, or look what breaks it.`,
      absent: 'No live book: its state says why',
      unit: 'percentunit',
      queries: [
        query(
          `min by (instrument, window) (${series(metric.windowCoverageRatio, 'window=~"$window"')})`,
          '{{instrument}} {{window}}',
        ),
      ],
      min: 0,
      max: 1,
      limit: LEAST_COVERAGE,
      badSide: 'below',
    }),
  ],
}

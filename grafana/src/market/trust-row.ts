import { metric } from '../../../prometheus/src/metric-names.ts'
import { LEAST_COVERAGE } from '../../../src/analytics/event-time.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age, series } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'

/** Row: age, state and coverage, which explain gaps in the other rows. */
export const trustRow: Row = {
  title: 'Age and coverage',
  panels: [
    stateTimeline(24, 8),
    graph({
      title: 'Age of the last update',
      what: 'Time between the last change of the book and the scrape. A quiet book is old and still true; its verification is on the overview.',
      normal: 'short for busy books; as long as nothing happens for the others.',
      act: 'compare with the time since the last verification on the overview: if that grows too, it is not the market.',
      absent: 'No book has had a snapshot yet, or no consumer is scraped',
      unit: 's',
      min: 0,
      queries: [
        query(`max by (instrument) (${age(metric.lastUpdateTimestamp)})`, '{{instrument}}'),
      ],
    }),
    graph({
      title: 'Coverage of the windows',
      what: 'Share of each window in which the book was observed without interruption.',
      normal: '100 %; it grows from zero after each interruption.',
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

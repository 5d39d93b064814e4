import { metric } from '../../../prometheus/src/metric-names.ts'
import type { Row } from '../parts/dashboard.ts'
import { graph } from '../parts/graph.ts'
import { query } from '../parts/query.ts'
import { age } from '../parts/selector.ts'
import { stateTimeline } from '../parts/states.ts'

/** Row: state and age, which explain gaps in the other rows. */
export const trustRow: Row = {
  title: 'State and age',
  panels: [
    stateTimeline(24, 6),
    graph({
      title: 'Age of the last update',
      what: 'Time between the last change of the book and the scrape. A quiet book is old and still true; its verification is on the overview.',
      normal: 'short for busy books; as long as nothing happens for the others.',
      act: 'compare with the time since the last verification on the overview: if that grows too, it is not the market.',
      absent: 'No book has had a snapshot yet, or no consumer is scraped',
      unit: 's',
      min: 0,
      width: 24,
      height: 7,
      queries: [
        query(`max by (instrument) (${age(metric.lastUpdateTimestamp)})`, '{{instrument}}'),
      ],
    }),
  ],
}

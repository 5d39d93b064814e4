import { metric } from '../../../prometheus/src/metric-names.ts'
import { BAD, DOUBTFUL, GOOD, NEUTRAL, words } from './colors.ts'
import { series } from './selector.ts'
import { timeline } from './timeline.ts'

/** States of a book with their colours, in reverse order of precedence. */
const STATES = [
  ['live', GOOD],
  ['one_sided', NEUTRAL],
  ['invalid', BAD],
  ['halted', 'purple'],
  ['waiting', 'gray'],
  ['gap', DOUBTFUL],
  ['stale', 'dark-red'],
  ['catching_up', 'yellow'],
] as const

/** Colour of each state, for graphs of counts. */
export const STATE_COLORS: Readonly<Record<string, string>> = Object.fromEntries(STATES)

/** Table mappings for the label `state`. */
export const STATE_TEXTS = words(
  Object.fromEntries(STATES.map(([state, color]) => [state, [state, color] as const])),
)

/** Timeline mappings for the number of a state. */
const NUMBER_TEXTS = words(
  Object.fromEntries(
    STATES.map(([state, color], index) => [String(index), [state, color] as const]),
  ),
)

/** The number of the current state, by instrument; of several processes the worst counts. */
const STATE_NUMBER = `max by (instrument) (
  ${STATES.map(([state], index) => `${index} * ${series(metric.state, `state="${state}"`)}`).join('\n  or\n  ')}
)`

/** Timeline: the state of every book. */
export function stateTimeline(width: number, height: number) {
  return timeline({
    title: 'State of the books',
    what: 'The state of each book; of several processes the worst. Values exist only in `live`.',
    normal: 'green; blue for options, whose books are often one-sided.',
    act: 'find the reason in the table of the overview, then follow the runbook of the firing alert.',
    absent:
      'No process has these instruments: no consumer is scraped, or none owns their partitions.',
    unit: 'none',
    width,
    height,
    mappings: NUMBER_TEXTS,
    queries: [{ expr: STATE_NUMBER, legend: '{{instrument}}', kind: 'range', hasExemplars: false }],
    runbooks: ['OrderBookNotLive', 'OrderBookStale', 'OrderBookInvalid'],
  })
}

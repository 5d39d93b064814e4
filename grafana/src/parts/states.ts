import { FAILING as FAILING_SERIES } from '../../../prometheus/src/groups/served.ts'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { BAD, DOUBTFUL, GOOD, NEUTRAL, words } from './colors.ts'
import { query } from './query.ts'
import { recorded, series } from './selector.ts'
import { timeline } from './timeline.ts'
import { atEnd, COARSE_STEP, highestLines } from './worst.ts'

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

/** The exchange's doing: options often have one side, and a halted instrument does not trade. */
export const EXCUSED = 'state=~"one_sided|halted"'
/** Books that should have values and have none. */
export const FAILING = 'state!~"live|one_sided|halted"'

/**
 * Rank of a book: how long no process served it in the range, from the one recorded series of each book,
 * because the states of all books over the range are a hundred times as many samples. Then those that are
 * not live at its end in some process, the excused ones, and any.
 */
const countAtEnd = (matcher: string) =>
  `count by (instrument) (${atEnd(series(metric.state, matcher))})`
const TIME_NOT_LIVE = `
  sum by (instrument) (sum_over_time(${recorded(FAILING_SERIES)}[$__range] @ end())) > 0
  or
  ${countAtEnd(FAILING)} / 1e3
  or
  ${countAtEnd(EXCUSED)} / 1e6
  or
  0 * max by (instrument) (${atEnd(series(metric.up))})
`

/**
 * The number of the current state, by instrument; of several processes the worst counts. Bounded before
 * the states are joined: joining those of all books at every point takes seconds.
 */
const STATE_NUMBER = `max by (instrument) (
${STATES.map(
  ([state], index) =>
    `${index} * (${highestLines(series(metric.state, `state="${state}"`), TIME_NOT_LIVE)})`,
).join('\nor\n')}
)`

/** Timeline: the state of the books that were not live for longest. */
export function stateTimeline(width: number, height: number) {
  return timeline({
    title: 'State of the books',
    what: 'The state of the 20 books that no process served for longest in this time; of several processes the worst. Values exist only in `live`.',
    normal: 'green; blue for options, whose books are often one-sided.',
    act: 'find the reason in the table of the overview, then follow the runbook of the firing alert.',
    absent:
      'No process has these instruments: no consumer is scraped, or none owns their partitions.',
    unit: 'none',
    step: COARSE_STEP,
    width,
    height,
    mappings: NUMBER_TEXTS,
    queries: [query(STATE_NUMBER, '{{instrument}}')],
    runbooks: ['OrderBookNotLive', 'OrderBookStale', 'OrderBookInvalid'],
  })
}

import { RESYNC_REASONS } from '../../model/feed.ts'
import { BOOK_STATES, LEVEL_PROBLEMS } from '../../model/status.ts'
import { counter, gauge, OPEN } from './definition.ts'

export const instruments = gauge({
  name: 'orderbook_instruments',
  unit: null,
  labels: { state: BOOK_STATES },
  help: 'Instruments of this process, by state of their book.',
  normal: 'nearly all `live`; options without bid or ask are `one_sided`',
  role: 'consumer',
})

export const instrumentsExpected = gauge({
  name: 'orderbook_instruments_expected',
  unit: null,
  labels: { shard: OPEN, shards: OPEN },
  help: 'Instruments selected by INSTRUMENTS, within MAX_INSTRUMENTS; absent until their lists are known.',
  normal:
    'constant, or changes with listings and expiries; equals the number of books of the consumers',
  role: 'producer',
})

export const instrumentsOverLimit = gauge({
  name: 'orderbook_instruments_over_limit',
  unit: null,
  labels: {},
  help: 'Instruments over the limit of MAX_INSTRUMENTS.',
  normal: '0',
  role: 'both',
})

export const rejectedUpdates = counter({
  name: 'orderbook_rejected_updates_total',
  unit: null,
  labels: {
    reason: ['duplicate', ...LEVEL_PROBLEMS, 'second_producer', 'checkpoint_mismatch'],
  },
  help: 'Valid book records that were ignored, or whose levels are invalid or unexpected, by reason.',
  normal: '`duplicate` rises after failed sends and with redundant producers; others 0',
  role: 'consumer',
})

export const gaps = counter({
  name: 'orderbook_gaps_total',
  unit: null,
  labels: { instrument: OPEN },
  help: 'Sequence gaps in the changes from the exchange, seen at receipt.',
  normal: '0; rises at most after a disconnect',
  role: 'producer',
})

export const resyncs = counter({
  name: 'orderbook_resyncs_total',
  unit: null,
  labels: { reason: RESYNC_REASONS },
  help: 'Snapshots requested or accepted because a book could not continue, by reason.',
  normal: '`silent` rises slowly in quiet markets, others rarely',
  role: 'producer',
})

export const sequenceBreaks = counter({
  name: 'orderbook_sequence_breaks_total',
  unit: null,
  labels: { reason: ['gap', 'sequence_reset', 'channel_change', 'trade_gap'] },
  help: 'Sequence breaks seen by the consumer, by reason.',
  normal: 'rises only together with `orderbook_gaps_total` or dropped records',
  role: 'consumer',
})

export const clockSkewEvents = counter({
  name: 'orderbook_clock_skew_events_total',
  unit: null,
  labels: {},
  help: 'Negative lags beyond the uncertainty of the clocks, counted as 0.',
  normal: '0',
  role: 'both',
})

import { counter, gauge, OPEN } from '../definition.ts'

export const instruments = gauge({
  name: 'orderbook_instruments',
  unit: null,
  labels: {
    state: ['catching_up', 'stale', 'gap', 'waiting', 'halted', 'invalid', 'one_sided', 'live'],
  },
  help: 'Instruments that this process answers for, by the state of their book. Normal: nearly all live; options without a bid or an ask are one_sided.',
  side: 'consumer',
})

export const instrumentsLeftOut = gauge({
  name: 'orderbook_instruments_left_out',
  unit: null,
  labels: {},
  help: 'Instruments that are not taken because MAX_INSTRUMENTS is reached. Normal: 0.',
  side: 'both',
})

export const rejectedUpdates = counter({
  name: 'orderbook_rejected_updates_total',
  unit: null,
  labels: {
    reason: [
      'duplicate',
      'crossed',
      'locked',
      'unsorted',
      'non_finite',
      'negative',
      'second_producer',
      'checkpoint_mismatch',
    ],
  },
  help: 'Readable book records whose content a book did not take, or took with a reservation, by reason. Normal: duplicate rises after failed sends and with two producers; the others stay at 0.',
  side: 'consumer',
})

export const gaps = counter({
  name: 'orderbook_gaps_total',
  unit: null,
  labels: { instrument: OPEN },
  help: 'Breaks of the chain of changes from the exchange, seen where they were received. Normal: 0, it rises at most after a disconnect.',
  side: 'producer',
})

export const resyncs = counter({
  name: 'orderbook_resyncs_total',
  unit: null,
  labels: {
    reason: ['gap', 'silent', 'sequence_reset', 'channel_change', 'overflow', 'invalid_frame'],
  },
  help: 'Fresh pictures that were asked for, or taken, because the book could not go on, by reason. Normal: silent rises slowly in quiet markets, the others rarely.',
  side: 'producer',
})

export const chainBreaks = counter({
  name: 'orderbook_chain_breaks_total',
  unit: null,
  labels: { reason: ['gap', 'sequence_reset', 'channel_change', 'trade_gap'] },
  help: 'Breaks of a sequence seen by the consumer, which checks every record again, by reason. Normal: rises only where orderbook_gaps_total or a dropped record explains it.',
  side: 'consumer',
})

export const clockSkewEvents = counter({
  name: 'orderbook_clock_skew_events_total',
  unit: null,
  labels: {},
  help: 'Lags that came out negative beyond the uncertainty of the clocks and were counted as 0. Normal: 0.',
  side: 'both',
})

import { type Static, Type } from 'typebox'
import {
  ABSENT_TRADE_WINDOW,
  absentBookWindow,
  type InstrumentView,
  type NumberAxes,
  type SnapshotView,
  type WindowNumbers,
} from '../../model/snapshot.ts'
import { mapMarketless, mapSummary, mapWindows } from './snapshot-json.ts'
import { mapSnapshotSignals } from './signals-json.ts'
import { SnapshotSchema } from './snapshot.ts'

/** Schema of the values in the topic of numbers: a snapshot without its levels. */
export const NumbersSchema = Type.Omit(SnapshotSchema, ['bids', 'asks'], {
  title: 'Numbers',
  description:
    'numbers of one book, as in the snapshots of the API, without levels; in a record of a change of state all of them are null',
})

type NumbersJson = Static<typeof NumbersSchema>

/** Encodes the numbers of a live book. */
export function encodeNumbers(view: SnapshotView, axes: NumberAxes): Buffer {
  const numbers: NumbersJson = {
    ...mapSummary(view, axes),
    windows: mapWindows(axes.windowsMs, view.windows),
    signals: mapSnapshotSignals(view.signals),
  }
  return Buffer.from(JSON.stringify(numbers))
}

/** Encodes a state: every number is null. */
export function encodeNumbersState(view: InstrumentView, axes: NumberAxes): Buffer {
  const numbers: NumbersJson = {
    ...mapMarketless(view, axes),
    windows: mapWindows(
      axes.windowsMs,
      axes.windowsMs.map(() => NO_WINDOW),
    ),
    signals: null,
  }
  return Buffer.from(JSON.stringify(numbers))
}

/** The covered share is not a number either, which is encoded as null. */
const NO_WINDOW: WindowNumbers = { ...absentBookWindow(Number.NaN), ...ABSENT_TRADE_WINDOW }

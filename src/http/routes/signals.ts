import { Type } from 'typebox'
import type { SnapshotReader } from '../../model/snapshot.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import { mapSignals } from '../schemas/signals-json.ts'
import { SignalsSchema } from '../schemas/signals.ts'
import type { TypedApp } from '../typed-app.ts'
import { findNoInstrument } from './unavailable.ts'

const Params = Type.Object({
  instrument: Type.String({
    description: 'instrument name at Deribit',
    examples: ['BTC-PERPETUAL'],
  }),
})

/** Adds the route that shows how well the imbalance of an instrument predicts its price. */
export function addSignalsRoute(app: TypedApp, snapshots: SnapshotReader): void {
  app.get(
    '/api/v1/signals/:instrument',
    {
      schema: {
        operationId: 'getSignals',
        summary: 'Get how well the imbalance of one book predicts its price',
        description:
          'Hit rates, correlations and forecast errors with 95 % intervals. Values are null below 100 effective cases, and if the book is not live. 404 if signals are off.',
        tags: ['books'],
        params: Params,
        response: { 200: SignalsSchema, ...PROBLEM_RESPONSES },
      },
    },
    (request) => {
      const { instrument } = request.params
      const view = snapshots.signals(instrument)
      if (view === undefined) throw findNoInstrument(snapshots, instrument)
      if (view === null) throw signalsOff(snapshots)
      return mapSignals(view)
    },
  )
}

function signalsOff(snapshots: SnapshotReader): ProblemError {
  const detail =
    snapshots.signalAxes === null
      ? 'signals are not measured (SIGNALS=false)'
      : 'signals are not measured: SIGNALS=auto covers up to 20 instruments; set SIGNALS=true'
  return new ProblemError(PROBLEM_KINDS.signalsOff, detail)
}

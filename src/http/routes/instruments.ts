import { Type } from 'typebox'
import type { SnapshotReader } from '../../model/snapshot.ts'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import { nullable, stateFields } from '../schemas/schema-types.ts'
import type { TypedApp } from '../typed-app.ts'

const InstrumentsSchema = Type.Object(
  {
    instruments: Type.Array(
      Type.Object(
        {
          ...stateFields,
          lastUpdateMs: nullable(
            'number',
            'exchange timestamp of the last change of the book, epoch ms',
          ),
          verifiedTimeMs: nullable(
            'number',
            'time up to which the book is verified as current: the newest evidence that its connection is alive, epoch ms',
          ),
        },
        { title: 'InstrumentState' },
      ),
    ),
  },
  { title: 'Instruments' },
)

/** Adds the route that lists the instruments of this process. */
export function addInstrumentsRoute(app: TypedApp, snapshots: SnapshotReader): void {
  app.get(
    '/api/v1/instruments',
    {
      schema: {
        operationId: 'listInstruments',
        summary: 'List instruments and their states',
        description:
          'Returns every instrument of this process with its state and, if it has no values, the reason.',
        tags: ['books'],
        response: { 200: InstrumentsSchema, ...PROBLEM_RESPONSES },
      },
    },
    () => ({ instruments: [...snapshots.instruments()] }),
  )
}

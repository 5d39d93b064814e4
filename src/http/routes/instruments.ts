import { Type } from 'typebox'
import type { SnapshotReader } from '../../model/snapshot.ts'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import { nullable, stateFields } from '../schemas/snapshot.ts'
import type { TypedApp } from '../typed-app.ts'

const InstrumentsSchema = Type.Object(
  {
    instruments: Type.Array(
      Type.Object(
        {
          ...stateFields,
          lastUpdateMs: nullable('number', 'when the book last changed, by the exchange, epoch ms'),
          verifiedTimeMs: nullable(
            'number',
            'until when the book is proven: the newest sign of life of its connection, epoch ms',
          ),
        },
        { title: 'InstrumentState' },
      ),
    ),
  },
  { title: 'Instruments' },
)

/** Every instrument that this process answers for, with its state. */
export function addInstrumentsRoute(app: TypedApp, snapshots: SnapshotReader): void {
  app.get(
    '/api/v1/instruments',
    {
      schema: {
        operationId: 'listInstruments',
        summary: 'Every instrument with its state',
        description: 'Each instrument that this process answers for, and why it has no values.',
        tags: ['books'],
        response: { 200: InstrumentsSchema, ...PROBLEM_RESPONSES },
      },
    },
    () => ({ instruments: [...snapshots.instruments()] }),
  )
}

import { setImmediate } from 'node:timers/promises'
import { Type } from 'typebox'
import type { InstrumentView, SnapshotReader, SnapshotView } from '../../model/snapshot.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import {
  mapMarketless,
  mapSnapshot,
  mapSummary,
  type SummaryJson,
} from '../schemas/snapshot-json.ts'
import { SnapshotSchema, SummarySchema } from '../schemas/snapshot.ts'
import type { TypedApp } from '../typed-app.ts'
import { findNoInstrument } from './unavailable.ts'

/** Summaries made before the event loop gets a turn. */
const SUMMARIES_AT_ONCE = 200

const SummariesSchema = Type.Object(
  { snapshots: Type.Array(SummarySchema) },
  { title: 'Summaries' },
)

/** Handlers find what a request left out filled in, so it is there for them and not required of it. */
const FILLED_IN = { required: [] }

const ListQuery = Type.Object(
  {
    state: Type.Unsafe<'live' | 'any'>({
      type: 'string',
      enum: ['live', 'any'],
      default: 'live',
      description: 'which books are listed',
    }),
  },
  FILLED_IN,
)

const OneParams = Type.Object({
  instrument: Type.String({
    description: 'name as Deribit writes it',
    examples: ['BTC-PERPETUAL'],
  }),
})

const OneQuery = Type.Object(
  {
    depth: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'levels a side' }),
    allowStale: Type.Boolean({
      default: false,
      description: 'also answer with the last known book when it is not live',
    }),
  },
  FILLED_IN,
)

/** The books: all in short, or one with its levels. */
export function addSnapshotsRoutes(app: TypedApp, snapshots: SnapshotReader): void {
  app.get(
    '/api/v1/snapshots',
    {
      schema: {
        operationId: 'listSnapshots',
        summary: 'All live books in short',
        description: 'No levels and no windows; `state=any` lists the others too, without values.',
        tags: ['books'],
        querystring: ListQuery,
        response: { 200: SummariesSchema, ...PROBLEM_RESPONSES },
      },
    },
    async (request) => ({ snapshots: await listSummaries(snapshots, request.query.state) }),
  )

  app.get(
    '/api/v1/snapshots/:instrument',
    {
      schema: {
        operationId: 'getSnapshot',
        summary: 'One book with its levels and windows',
        description:
          'One atomic reading. A book that is not live is a problem with status 503 that says why.',
        tags: ['books'],
        params: OneParams,
        querystring: OneQuery,
        response: { 200: SnapshotSchema, ...PROBLEM_RESPONSES },
      },
    },
    (request) => {
      const { depth, allowStale } = request.query
      const view = readBook(snapshots, request.params.instrument, depth, allowStale)
      return mapSnapshot(view, snapshots)
    },
  )
}

async function listSummaries(
  snapshots: SnapshotReader,
  wanted: 'live' | 'any',
): Promise<SummaryJson[]> {
  const summaries: SummaryJson[] = []
  for (const [index, { instrument, state }] of snapshots.instruments().entries()) {
    if (index % SUMMARIES_AT_ONCE === SUMMARIES_AT_ONCE - 1) await setImmediate()
    if (wanted === 'live' && state !== 'live') continue
    // Reread: between two ticks of the event loop the book may have changed, or gone.
    const view = snapshots.summary(instrument)
    if (view?.state === 'live') summaries.push(mapSummary(view, snapshots))
    else if (wanted === 'any') {
      const current = snapshots.instrument(instrument)
      if (current !== undefined) summaries.push(mapMarketless(current, snapshots))
    }
  }
  return summaries
}

/** @throws ProblemError where the name is not ours, or the book may not be shown. */
function readBook(
  snapshots: SnapshotReader,
  name: string,
  depth: number,
  allowStale: boolean,
): SnapshotView {
  const view = snapshots.snapshot(name, depth)
  if (view === undefined) throw findNoInstrument(snapshots, name)
  if (view !== null && (view.state === 'live' || allowStale)) return view
  const state = view ?? snapshots.instrument(name)
  throw state === undefined ? findNoInstrument(snapshots, name) : notLive(state)
}

function notLive({ instrument, state, reason, sinceMs }: InstrumentView): ProblemError {
  const detail = `${instrument} is ${state}${reason === null ? '' : ` (${reason})`}`
  return new ProblemError(PROBLEM_KINDS.notLive, detail, { state, reason, sinceMs })
}

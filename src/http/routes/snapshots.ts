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

/** Summaries created before yielding to the event loop. */
const SUMMARIES_AT_ONCE = 200

const SummariesSchema = Type.Object(
  { snapshots: Type.Array(SummarySchema) },
  { title: 'Summaries' },
)

/** Parameters with defaults: always present for handlers, optional for clients. */
const FILLED_IN = { required: [] }

const ListQuery = Type.Object(
  {
    state: Type.Unsafe<'live' | 'any'>({
      type: 'string',
      enum: ['live', 'any'],
      default: 'live',
      description: '`live`: only live books; `any`: all books',
    }),
  },
  FILLED_IN,
)

const OneParams = Type.Object({
  instrument: Type.String({
    description: 'instrument name at Deribit',
    examples: ['BTC-PERPETUAL'],
  }),
})

const OneQuery = Type.Object(
  {
    depth: Type.Integer({ minimum: 1, maximum: 1000, default: 10, description: 'levels per side' }),
    allowStale: Type.Boolean({
      default: false,
      description: 'if true, returns the last known book even if it is not live',
    }),
  },
  FILLED_IN,
)

/** Adds the routes for summaries of all books and for one book with its levels. */
export function addSnapshotsRoutes(app: TypedApp, snapshots: SnapshotReader): void {
  app.get(
    '/api/v1/snapshots',
    {
      schema: {
        operationId: 'listSnapshots',
        summary: 'List summaries of all live books',
        description:
          'Summaries have no levels and no windows. `state=any` includes books that are not live, without values.',
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
        summary: 'Get one book with its levels and windows',
        description:
          'Returns one atomic reading. If the book is not live, the response is a problem with status 503 and the reason.',
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
    // Reread, because the book may have changed or disappeared since the last tick of the event loop.
    const view = snapshots.summary(instrument)
    if (view?.state === 'live') summaries.push(mapSummary(view, snapshots))
    else if (wanted === 'any') {
      const current = snapshots.instrument(instrument)
      if (current !== undefined) summaries.push(mapMarketless(current, snapshots))
    }
  }
  return summaries
}

/** @throws ProblemError if the instrument is unknown here, or the book is not live and `allowStale` is false */
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

import { Type } from 'typebox'
import type { SnapshotReader } from '../../model/snapshot.ts'
import { PROBLEM_KINDS, PROBLEM_RESPONSES, ProblemError } from '../errors/problem.ts'
import type { RequestCounter } from '../plugins/request-lifecycle.ts'
import { SnapshotSchema } from '../schemas/snapshot.ts'
import { type Broadcaster, MAX_STREAM_NAMES } from '../stream/broadcaster.ts'
import { createResponseSink } from '../stream/client.ts'
import { PREAMBLE, StateEventSchema } from '../stream/events.ts'
import type { TypedApp } from '../typed-app.ts'
import { findNoInstrument } from './unavailable.ts'

const RETRY_AFTER_SECONDS = 5

const NAME = '[A-Za-z0-9_-]{1,64}'

const Query = Type.Object({
  instruments: Type.Optional(
    Type.String({
      pattern: `^${NAME}(,${NAME}){0,${MAX_STREAM_NAMES - 1}}$`,
      description: `at most ${MAX_STREAM_NAMES} names, separated by commas; without it all instruments, while at most ${MAX_STREAM_NAMES} books are live`,
    }),
  ),
})

const STREAM = {
  description: 'Events until either side ends the connection.',
  content: {
    'text/event-stream': {
      schema: {
        type: 'string',
        contentSchema: {
          description: 'the data of each event, by its name: snapshot, state',
          oneOf: [SnapshotSchema, StateEventSchema],
        },
      },
    },
  },
}

export interface StreamRouteDeps {
  snapshots: SnapshotReader
  broadcaster: Broadcaster
  requests: RequestCounter
}

/** Server-sent events: books that are live, as they change and each second, and the states of all. */
export function addStreamRoute(app: TypedApp, deps: StreamRouteDeps): void {
  app.get(
    '/api/v1/stream',
    {
      // Only who reads the stream opens one.
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamBooks',
        summary: 'Books and states as they change',
        description:
          'Server-sent events. `event: snapshot` is one live book, when it changes and again each second, at most ten a second for each, the newest wins; `event: state` says what an instrument is now. A comment comes every 15 seconds; a client that takes nothing for 10 seconds is closed.',
        tags: ['books'],
        querystring: Query,
        response: { 200: STREAM, ...PROBLEM_RESPONSES },
      },
    },
    (request, reply) => {
      const names = readNames(request.query.instruments, deps.snapshots)
      if (!deps.broadcaster.hasCapacity) {
        throw new ProblemError(
          PROBLEM_KINDS.tooManyStreams,
          'come back when another stream has ended',
          {},
          { 'retry-after': String(RETRY_AFTER_SECONDS) },
        )
      }
      reply.hijack()
      const { raw } = reply
      // Ended by the end of the connection: chunks would cost three pieces for each event.
      raw.useChunkedEncodingByDefault = false
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        // Proxies that collect answers would hold the events back.
        'x-accel-buffering': 'no',
      })
      raw.write(PREAMBLE)
      // How long the answer took, not how long it was read.
      deps.requests.count(request, reply)
      const leave = deps.broadcaster.open(names, createResponseSink(raw))
      raw.on('error', leave)
      // Who has left meanwhile is not told of again.
      if (raw.destroyed) leave()
      else raw.on('close', leave)
    },
  )
}

/** @throws ProblemError where a name is not ours, or names are needed and there are none. */
function readNames(text: string | undefined, snapshots: SnapshotReader): string[] | null {
  if (text !== undefined) {
    const names = [...new Set(text.split(','))]
    for (const name of names) {
      if (snapshots.instrument(name) === undefined) throw findNoInstrument(snapshots, name)
    }
    return names
  }
  const live = snapshots.instruments().filter(({ state }) => state === 'live').length
  if (live > MAX_STREAM_NAMES) {
    const detail = `${live} books are live: name at most ${MAX_STREAM_NAMES} in instruments`
    throw new ProblemError(PROBLEM_KINDS.badRequest, detail)
  }
  return null
}

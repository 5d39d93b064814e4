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
      description: `at most ${MAX_STREAM_NAMES} names, separated by commas; default: all instruments, if at most ${MAX_STREAM_NAMES} books are live`,
    }),
  ),
})

const STREAM = {
  description: 'Server-sent events until either side closes the connection.',
  content: {
    'text/event-stream': {
      schema: {
        type: 'string',
        contentSchema: {
          description: 'data of the events `snapshot` and `state`',
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

/** Adds the stream of server-sent events: live books, and the states of all instruments. */
export function addStreamRoute(app: TypedApp, deps: StreamRouteDeps): void {
  app.get(
    '/api/v1/stream',
    {
      // A HEAD request must not open a stream.
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamBooks',
        summary: 'Stream books and states',
        description:
          'Server-sent events. `event: snapshot` is one live book: sent when it changes, at most 10 times per second (the newest wins), and at least once per second. `event: state` is the state of an instrument. A comment is sent every 15 seconds. The server closes a connection that does not drain for 10 seconds.',
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
          'the maximum number of streams is open; retry later',
          {},
          { 'retry-after': String(RETRY_AFTER_SECONDS) },
        )
      }
      reply.hijack()
      const { raw } = reply
      // The end of the connection ends the body: chunked encoding would need three writes for each event.
      raw.useChunkedEncodingByDefault = false
      raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        // Prevents proxies from buffering the events.
        'x-accel-buffering': 'no',
      })
      raw.write(PREAMBLE)
      // Observes the time to the headers, not the lifetime of the stream.
      deps.requests.count(request, reply)
      const leave = deps.broadcaster.open(names, createResponseSink(raw))
      raw.on('error', leave)
      // `close` is not emitted again if the client has already disconnected.
      if (raw.destroyed) leave()
      else raw.on('close', leave)
    },
  )
}

/** @throws ProblemError if a name is unknown here, or if names are required and missing */
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
    const detail = `${live} books are live; select at most ${MAX_STREAM_NAMES} with the query parameter instruments`
    throw new ProblemError(PROBLEM_KINDS.badRequest, detail)
  }
  return null
}

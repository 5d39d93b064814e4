import { Type, type TSchema } from 'typebox'
import type { PipelineReader, PipelineView } from '../model/pipeline.ts'
import { PROBLEM_RESPONSES } from './problem.ts'
import { nullable } from './schema-types.ts'
import type { TypedApp } from './typed-app.ts'

const Counts = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'integer' },
})

/** The side of a process that its role does not have is null. */
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const Connection = Type.Object(
  {
    isConnected: Type.Boolean(),
    problem: nullable('string'),
    requestedChannels: Type.Integer(),
    acknowledgedChannels: Type.Integer(),
    missingChannels: Type.Array(Type.String()),
    lastFrameTimeMs: nullable('number'),
  },
  { title: 'Connection' },
)

const ClockOffset = Type.Object(
  {
    offsetMs: Type.Number({ description: 'exchange time minus local time' }),
    uncertaintyMs: Type.Number(),
    roundTripMs: Type.Number(),
  },
  { title: 'ClockOffset' },
)

const Stage = Type.Object(
  {
    stage: Type.String(),
    count: Type.Integer({ description: 'updates in the last minute' }),
    p50Ms: nullable('number'),
    p99Ms: nullable('number'),
  },
  { title: 'Stage' },
)

const Account = Type.Object(
  {
    topic: Type.String(),
    received: Type.Integer(),
    produced: Type.Integer(),
    dropped: Counts,
    queued: Type.Integer(),
    inFlight: Type.Integer(),
  },
  { title: 'Account', description: 'received = produced + dropped + queued + inFlight' },
)

const Partition = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Integer(),
    lagRecords: Type.Integer(),
    lagSeconds: nullable('number'),
  },
  { title: 'Partition' },
)

const Poison = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Integer(),
    offset: Type.String(),
    reason: Type.String(),
    excerpt: nullable('string'),
    skippedTimeMs: Type.Number(),
  },
  { title: 'PoisonRecord' },
)

const PipelineSchema = Type.Object(
  {
    role: Type.Unsafe<PipelineView['role']>({
      type: 'string',
      enum: ['all', 'producer', 'consumer'],
    }),
    connection: orNull(Connection),
    clockOffset: orNull(ClockOffset),
    stages: Type.Array(Stage),
    accounts: orNull(Type.Array(Account)),
    partitions: orNull(Type.Array(Partition)),
    poison: orNull(Type.Array(Poison)),
  },
  { title: 'Pipeline', description: 'what the role of the process does not have is null' },
)

/** Where data is on its way through this process, and where time is lost. */
export function addPipelineRoute(app: TypedApp, pipeline: PipelineReader): void {
  app.get(
    '/api/v1/pipeline',
    {
      schema: {
        operationId: 'getPipeline',
        summary: 'Where every frame is, and where time is lost',
        description: 'Connection, clock, stages, what is queued, partitions with their lag.',
        tags: ['pipeline'],
        response: { 200: PipelineSchema, ...PROBLEM_RESPONSES },
      },
    },
    () => {
      const { role, feed, clockOffset, stages, accounts, partitions, poison } = pipeline.read()
      return {
        role,
        connection: feed === null ? null : mapFeed(feed),
        clockOffset:
          clockOffset === null
            ? null
            : {
                offsetMs: clockOffset.offsetMs,
                uncertaintyMs: clockOffset.uncertaintyMs,
                roundTripMs: clockOffset.roundTripMs,
              },
        stages: [...stages],
        accounts: accounts === null ? null : accounts.map((account) => ({ ...account })),
        partitions: partitions === null ? null : [...partitions],
        poison: poison === null ? null : [...poison],
      }
    },
  )
}

function mapFeed(feed: NonNullable<PipelineView['feed']>) {
  const { isConnected, problem, requestedChannels, acknowledgedChannels, lastFrameTimeMs } = feed
  const missingChannels = [...feed.missingChannels]
  return {
    isConnected,
    problem,
    requestedChannels,
    acknowledgedChannels,
    missingChannels,
    lastFrameTimeMs,
  }
}

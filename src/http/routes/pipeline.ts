import { type TSchema, Type } from 'typebox'
import type { SuspensionReason } from '../../model/feed.ts'
import type { PipelineReader, PipelineView } from '../../model/pipeline.ts'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import { nullable } from '../schemas/snapshot.ts'
import type { TypedApp } from '../typed-app.ts'

const Dropped = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'of them given up, by reason',
})

/** The side of a process that its role does not have is null. */
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const Suspended = Type.Object(
  {
    channel: Type.String(),
    reason: Type.Unsafe<SuspensionReason>({
      type: 'string',
      enum: ['unreadable', 'no_snapshot', 'gaps', 'oversize', 'refused'],
    }),
    detail: Type.String({ description: 'the reason in words' }),
    count: Type.Integer({ description: 'suspensions in a row; the wait doubles with each' }),
    sinceMs: Type.Number({ description: 'epoch ms' }),
    retryTimeMs: Type.Number({ description: 'when it is asked for again, epoch ms' }),
  },
  { title: 'SuspendedChannel' },
)

const Connection = Type.Object(
  {
    isConnected: Type.Boolean({ description: 'whether all connections to the exchange are open' }),
    problem: nullable('string', 'what is wrong, in words; null when all is well'),
    requestedChannels: Type.Integer({
      description: 'channels that are wanted, without those that are suspended',
    }),
    acknowledgedChannels: Type.Integer({
      description: 'channels that the exchange has acknowledged',
    }),
    missingChannels: Type.Array(Type.String(), {
      description: 'requested and not acknowledged, at most twenty',
    }),
    suspendedChannels: Type.Array(Suspended, {
      description: 'not subscribed at present though they are wanted, at most twenty',
    }),
    suspendedCount: Type.Integer({ description: 'suspended channels that were of no use' }),
    refusedCount: Type.Integer({ description: 'suspended channels that the exchange refused' }),
    lastFrameTimeMs: nullable('number', 'when the newest frame came, epoch ms'),
  },
  { title: 'Connection' },
)

const ClockOffset = Type.Object(
  {
    offsetMs: Type.Number({ description: 'exchange time minus local time' }),
    uncertaintyMs: Type.Number({
      description: 'the offset is known to within this much: half of the round trip',
    }),
    roundTripMs: Type.Number({ description: 'of the quickest question within the last minutes' }),
  },
  { title: 'ClockOffset' },
)

const Stage = Type.Object(
  {
    stage: Type.String({ description: 'from_to: the hop of an update, as in the metric' }),
    count: Type.Integer({ description: 'updates in the last minute' }),
    p50Ms: nullable('number', 'median of the last minute; null without an update'),
    p99Ms: nullable('number', '99th percentile of the last minute'),
  },
  { title: 'Stage' },
)

const Delivery = Type.Object(
  {
    topic: Type.String(),
    received: Type.Integer({ description: 'frames from the exchange since the start' }),
    produced: Type.Integer({ description: 'of them acknowledged by the topic' }),
    dropped: Dropped,
    queued: Type.Integer({ description: 'of them waiting in this process' }),
    inFlight: Type.Integer({ description: 'of them sent and not acknowledged yet' }),
  },
  { title: 'Delivery', description: 'received = produced + dropped + queued + inFlight' },
)

const Topic = Type.Object(
  {
    topic: Type.String(),
    isRead: Type.Boolean({ description: 'false where books go on without it' }),
    problem: nullable(
      'string',
      'why it, or a part of it, is not read, in words; null when all is well',
    ),
  },
  { title: 'Topic' },
)

const Partition = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Integer(),
    lagRecords: nullable(
      'integer',
      'records that are written and not processed yet; null where the end was not read within 5 s',
    ),
    lagSeconds: nullable(
      'number',
      '0 at the end, else the age of the oldest record that may wait; null where not known either',
    ),
  },
  { title: 'Partition' },
)

const RejectedRecord = Type.Object(
  {
    topic: Type.String(),
    partition: Type.Integer(),
    offset: Type.String(),
    reason: Type.String(),
    excerpt: nullable('string', 'at most 200 bytes of its value'),
    skippedTimeMs: Type.Number({ description: 'when it was skipped, epoch ms' }),
  },
  { title: 'RejectedRecord' },
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
    delivery: orNull(Type.Array(Delivery)),
    topics: orNull(Type.Array(Topic, { description: 'those that are to be read' })),
    partitions: orNull(
      Type.Array(Partition, {
        description: 'those that are ours',
      }),
    ),
    rejectedRecords: orNull(
      Type.Array(RejectedRecord, {
        description: 'the newest records that nobody can read, at most ten',
      }),
    ),
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
    async () => {
      await pipeline.refresh()
      const { role, feed, clockOffset, stages, delivery, topics, partitions, rejectedRecords } =
        pipeline.read()
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
        delivery:
          delivery === null ? null : delivery.map((topicDelivery) => ({ ...topicDelivery })),
        topics: topics === null ? null : [...topics],
        partitions: partitions === null ? null : [...partitions],
        rejectedRecords: rejectedRecords === null ? null : [...rejectedRecords],
      }
    },
  )
}

function mapFeed(feed: NonNullable<PipelineView['feed']>) {
  const { isConnected, problem, requestedChannels, acknowledgedChannels, lastFrameTimeMs } = feed
  const missingChannels = [...feed.missingChannels]
  const suspendedChannels = feed.suspendedChannels.map((suspended) => ({ ...suspended }))
  const { suspendedCount, refusedCount } = feed
  return {
    isConnected,
    problem,
    requestedChannels,
    acknowledgedChannels,
    missingChannels,
    suspendedChannels,
    suspendedCount,
    refusedCount,
    lastFrameTimeMs,
  }
}

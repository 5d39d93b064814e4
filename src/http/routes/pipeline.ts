import { type TSchema, Type } from 'typebox'
import type { SuspensionReason } from '../../model/feed.ts'
import type { PipelineReader, PipelineView } from '../../model/pipeline.ts'
import { PROBLEM_RESPONSES } from '../errors/problem.ts'
import { nullable } from '../schemas/schema-types.ts'
import type { TypedApp } from '../typed-app.ts'

const Dropped = Type.Unsafe<Record<string, number>>({
  type: 'object',
  additionalProperties: { type: 'integer' },
  description: 'received frames that were dropped, by reason',
})

/** A schema that is null if the role of the process does not provide the part. */
const orNull = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const Suspended = Type.Object(
  {
    channel: Type.String(),
    reason: Type.Unsafe<SuspensionReason>({
      type: 'string',
      enum: ['unreadable', 'no_snapshot', 'gaps', 'oversize', 'refused'],
    }),
    detail: Type.String({ description: 'details of the reason' }),
    count: Type.Integer({ description: 'consecutive suspensions; the delay doubles with each' }),
    sinceMs: Type.Number({ description: 'start of the suspension, epoch ms' }),
    retryTimeMs: Type.Number({ description: 'time of the next subscribe attempt, epoch ms' }),
  },
  { title: 'SuspendedChannel' },
)

const Connection = Type.Object(
  {
    isConnected: Type.Boolean({ description: 'whether all connections to the exchange are open' }),
    problem: nullable('string', 'what is wrong with the connections; null if all work'),
    requestedChannels: Type.Integer({
      description: 'channels that this process should have, without suspended ones',
    }),
    acknowledgedChannels: Type.Integer({
      description: 'channels that the exchange acknowledged',
    }),
    missingChannels: Type.Array(Type.String(), {
      description: 'requested but not acknowledged channels, at most 20',
    }),
    suspendedChannels: Type.Array(Suspended, {
      description: 'channels that this process should have but has not subscribed to, at most 20',
    }),
    suspendedCount: Type.Integer({ description: 'channels suspended because they failed' }),
    refusedCount: Type.Integer({
      description: 'channels suspended because the exchange refused them',
    }),
    lastFrameTimeMs: nullable('number', 'receipt time of the newest frame, epoch ms'),
  },
  { title: 'Connection' },
)

const ClockOffset = Type.Object(
  {
    offsetMs: Type.Number({ description: 'exchange time minus local time' }),
    uncertaintyMs: Type.Number({
      description: 'maximum error of the offset: half of the round trip',
    }),
    roundTripMs: Type.Number({ description: 'shortest round trip of the last 5 minutes' }),
  },
  { title: 'ClockOffset' },
)

const Stage = Type.Object(
  {
    stage: Type.String({ description: 'stage of the pipeline as from_to, as in the metric' }),
    count: Type.Integer({ description: 'updates in the last minute' }),
    p50Ms: nullable('number', 'median of the last minute; null without updates'),
    p99Ms: nullable('number', '99th percentile of the last minute; null without updates'),
    meanMs: nullable(
      'number',
      'mean of the last minute, which unlike a quantile adds up over the hops; null without updates',
    ),
  },
  { title: 'Stage' },
)

const Delivery = Type.Object(
  {
    topic: Type.String(),
    received: Type.Integer({ description: 'frames received from the exchange since the start' }),
    produced: Type.Integer({ description: 'frames acknowledged by the topic' }),
    dropped: Dropped,
    queued: Type.Integer({ description: 'frames waiting in this process' }),
    inFlight: Type.Integer({ description: 'frames sent and not acknowledged yet' }),
    problem: nullable(
      'string',
      'why frames of this topic are not delivered; books do not depend on the trades topic',
    ),
  },
  { title: 'Delivery', description: 'received = produced + dropped + queued + inFlight' },
)

const Topic = Type.Object(
  {
    topic: Type.String(),
    isRead: Type.Boolean({
      description: 'whether the topic is being read; books do not depend on the trades topic',
    }),
    problem: nullable(
      'string',
      'why the topic or a part of it is not read; null if all of it is read',
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
      'records written and not processed yet; null if the end offset is older than 5 s',
    ),
    lagSeconds: nullable(
      'number',
      'maximum age of the oldest unprocessed record; 0 without lag, null if unknown',
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
    excerpt: nullable('string', 'first bytes of the value, at most 200'),
    skippedTimeMs: Type.Number({ description: 'time of the rejection, epoch ms' }),
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
    topics: orNull(Type.Array(Topic, { description: 'topics that this process consumes' })),
    partitions: orNull(
      Type.Array(Partition, {
        description: 'partitions assigned to this process',
      }),
    ),
    rejectedRecords: orNull(
      Type.Array(RejectedRecord, {
        description: 'the newest records that could not be parsed, at most 10',
      }),
    ),
  },
  { title: 'Pipeline', description: 'parts that the role of the process does not have are null' },
)

/** Adds the route that shows delivery and lag of this process. */
export function addPipelineRoute(app: TypedApp, pipeline: PipelineReader): void {
  app.get(
    '/api/v1/pipeline',
    {
      schema: {
        operationId: 'getPipeline',
        summary: 'Get the state of the pipeline',
        description:
          'Returns the connection, the clock offset, the lag of each stage, the delivery of frames, and the consumed partitions with their lag.',
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

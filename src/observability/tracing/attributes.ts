/**
 * Names of the attributes of spans: those of messaging by the semantic conventions of OpenTelemetry,
 * which are not stable and so written here alone; ours with our prefix and their unit.
 */
export const ATTRIBUTES = {
  system: 'messaging.system',
  destination: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  consumerGroup: 'messaging.consumer.group.name',
  batchRecords: 'messaging.batch.message_count',
  offset: 'messaging.kafka.offset',
  errorType: 'error.type',
  instrument: 'orderbook.instrument',
  channel: 'orderbook.channel',
  changeId: 'orderbook.change_id',
  exchangeTimeMs: 'orderbook.exchange_time_ms',
  /** The spans were made after the fact, as the update was slow. */
  isSlow: 'orderbook.slow',
} as const

/** Of the in-process topic too: it stands in for Kafka and behaves the same. */
export const MESSAGING_SYSTEM = 'kafka'

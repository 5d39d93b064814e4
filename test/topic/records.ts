import type {
  OutgoingRecord,
  RecordHandler,
  SupersedableRecord,
  TopicPartition,
  TopicRecord,
  UnreadableRange,
} from '../../src/model/topic.ts'
import type { StartPosition } from '../../src/topic/consumer/start-position.ts'
import { eventually } from '../support/eventually.ts'

/** A record as ingest makes one, with a value of its own. */
export function outgoing(overrides: Partial<OutgoingRecord> = {}): OutgoingRecord {
  const key = overrides.key ?? 'BTC-PERPETUAL'
  return {
    topic: 'prices',
    key,
    channel: `book.${key}.none.10.100ms`,
    value: Buffer.from(`{"value":${Math.random()}}`),
    timestampMs: Date.now(),
    kind: 'frame',
    isWhole: true,
    receivedMonotonicMs: performance.now(),
    ...overrides,
  }
}

/** Records its calls; `onRecordHook` may throw. */
export class RememberingHandler implements RecordHandler {
  readonly records: TopicRecord[] = []
  readonly events: string[] = []
  readonly assigned: TopicPartition[] = []
  readonly revoked: TopicPartition[] = []
  readonly partitionCounts: number[] = []
  readonly caughtUp: TopicPartition[] = []
  readonly unreadable: UnreadableRange[] = []
  /** Values of records that were superseded. */
  readonly superseded: string[] = []
  onRecordHook: (record: TopicRecord) => void = () => undefined

  onPartitionCount(_topic: string, count: number): void {
    this.partitionCounts.push(count)
  }

  onAssigned(partitions: readonly TopicPartition[]): void {
    this.events.push('assigned')
    this.assigned.push(...partitions)
  }

  onRevoked(partitions: readonly TopicPartition[]): void {
    this.events.push('revoked')
    this.revoked.push(...partitions)
  }

  onCaughtUp(partition: TopicPartition): void {
    this.events.push('caughtUp')
    this.caughtUp.push(partition)
  }

  /** Values of the form `channel:...` are snapshots of that channel. */
  supersedableChannel({ value }: SupersedableRecord): string | null {
    return /^(\w+):/.exec(value?.toString() ?? '')?.[1] ?? null
  }

  onSuperseded({ value }: SupersedableRecord): void {
    this.superseded.push(value?.toString() ?? '')
  }

  onUnreadable(range: UnreadableRange): void {
    this.events.push('unreadable')
    this.unreadable.push(range)
  }

  onRecord(record: TopicRecord): void {
    this.events.push('record')
    this.records.push(record)
    this.onRecordHook(record)
  }

  /** Resolves once this many records have arrived. */
  async waitFor(count: number): Promise<readonly TopicRecord[]> {
    await eventually(
      () => {
        if (this.records.length < count) throw new Error(`${this.records.length} of ${count}`)
      },
      { timeoutMs: 30_000 },
    )
    return this.records
  }

  values(): string[] {
    return this.records.map(({ value }) => value?.toString('utf8') ?? 'null')
  }
}

export const silentLogger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}

/** Only records written from now on. */
export const startAtEnd: StartPosition = ({ ends }) => Promise.resolve(ends)

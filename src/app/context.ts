import type { Config } from '../config/config.ts'
import type { Logger, Tracing } from '../model/telemetry.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import type { Clock } from '../time/clock.ts'
import type { BeforeBatch } from '../topic/consumer/start-position.ts'
import type { Topics } from './topics.ts'

/** Dependencies of the producer role and the consumer role. */
export interface RoleContext {
  readonly config: Config
  readonly clock: Clock
  /** Creates a logger for a component that suppresses repeated messages. */
  readonly loggerOf: (component: string) => Logger
  readonly registry: MetricRegistry
  readonly topics: Topics
  /** Random numbers in [0, 1), for jitter of connection attempts. */
  readonly random: () => number
  readonly beforeBatch: BeforeBatch
  readonly tracing: Tracing
}

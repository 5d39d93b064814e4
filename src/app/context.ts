import type { Config } from '../config/config.ts'
import type { Logger, Tracing } from '../model/telemetry.ts'
import type { MetricRegistry } from '../observability/metrics/registry.ts'
import type { Clock } from '../time/clock.ts'
import type { BeforeBatch } from '../topic/consumer/start-position.ts'
import type { Topics } from './topics.ts'

/** What either side of the topic is built from. */
export interface RoleContext {
  readonly config: Config
  readonly clock: Clock
  /** A logger for a part, whose repeated messages are held back. */
  readonly loggerOf: (component: string) => Logger
  readonly registry: MetricRegistry
  readonly topics: Topics
  /** Uniform in [0, 1): spreads the attempts to connect. */
  readonly random: () => number
  readonly beforeBatch: BeforeBatch
  readonly tracing: Tracing
}

import type { CheckResult, HealthCheck } from '../model/pipeline.ts'
import type { ConsumerHealth, ProducerHealth } from '../model/topic.ts'
import type { WritingStatus } from './producer/batching-producer.ts'

/** Sources of the check `topic`: producer, consumer or both, by role. */
export interface TopicCheckSources {
  readonly producer?: {
    health(): ProducerHealth
    counts(): readonly (WritingStatus & { readonly topic: string })[]
  }
  readonly consumer?: { health(): ConsumerHealth }
  /** Producer of the topic of numbers, which is optional. */
  readonly numbers?: Pick<NonNullable<TopicCheckSources['producer']>, 'counts'>
}

/**
 * Readiness of the topics: records are acknowledged (or none wait), and the topics to read are
 * reachable. A problem with an optional topic is a detail of the passing check.
 */
export function createTopicCheck({ producer, consumer, numbers }: TopicCheckSources): HealthCheck {
  return {
    name: 'topic',
    check: () =>
      checkProducer(producer?.health()) ??
      checkConsumer(consumer?.health()) ?? {
        isPassing: true,
        detail: unwrittenOf([...(producer?.counts() ?? []), ...(numbers?.counts() ?? [])]),
      },
  }
}

function unwrittenOf(topics: ReturnType<NonNullable<TopicCheckSources['producer']>['counts']>) {
  const unwritten = topics.find(({ isOptional, problem }) => isOptional && problem !== null)
  return unwritten === undefined
    ? null
    : `${unwritten.topic} is not written: ${unwritten.problem ?? ''}`
}

function checkProducer(health: ProducerHealth | undefined): CheckResult | null {
  if (health === undefined || (health.isConnected && health.isDelivering)) return null
  return { isPassing: false, detail: health.problem ?? 'records are waiting to be sent' }
}

function checkConsumer(health: ConsumerHealth | undefined): CheckResult | null {
  if (health === undefined || health.topicProblem === null) return null
  return { isPassing: false, detail: health.topicProblem }
}

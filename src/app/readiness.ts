import type { FeedHealth } from '../model/feed.ts'
import type { CheckResult, HealthCheck } from '../model/pipeline.ts'
import type { ConsumerHealth, ProducerHealth } from '../model/topic.ts'
import type { BookStore } from '../process/books/book-store.ts'
import type { Clock } from '../time/clock.ts'
import type { WritingStatus } from '../topic/producer/batching-producer.ts'

// The checks of /readyz, which answers 503 while one of them fails: feed, topic, consumer, books.

/** Entries of INSTRUMENTS that a detail lists. */
const MAX_LISTED = 10

export interface FeedCheckOptions {
  readonly staleAfterMs: number
  /** INSTRUMENTS as configured. */
  readonly instruments: readonly string[]
  /** Whether other producers have the other shards: then this one may have no instrument. */
  readonly isShard: boolean
}

/**
 * Creates the readiness check of the feed: connected, a frame of any kind within `staleAfterMs`, and a book of a
 * wanted instrument subscribed.
 */
export function createFeedCheck(
  feed: { health(): FeedHealth },
  options: FeedCheckOptions,
  clock: Clock,
): HealthCheck {
  return {
    name: 'feed',
    check() {
      const health = feed.health()
      const { isConnected, lastFrameMonotonicMs, problem } = health
      if (!isConnected) return { isPassing: false, detail: problem ?? 'not connected' }
      const silentMs = clock.monotonicMs() - (lastFrameMonotonicMs ?? Number.NEGATIVE_INFINITY)
      if (silentMs > options.staleAfterMs) {
        return { isPassing: false, detail: `no frame for ${options.staleAfterMs} ms` }
      }
      return checkChannels(health, options)
    },
  }
}

function checkChannels(
  health: FeedHealth,
  { instruments, isShard }: FeedCheckOptions,
): CheckResult {
  const { missingChannels, suspendedChannels, wantedCount, hasBook } = health
  const missing =
    missingChannels.length === 0 ? [] : [`not acknowledged: ${missingChannels.join(', ')}`]
  const names = suspendedChannels.map(({ channel, reason }) => `${channel} (${reason})`)
  const suspended = names.length === 0 ? [] : [`suspended: ${names.join(', ')}`]
  if (hasBook || (isShard && wantedCount === 0)) {
    const parts = [...missing, ...suspended]
    return { isPassing: true, detail: parts.length === 0 ? null : parts.join('; ') }
  }
  const listed = instruments.slice(0, MAX_LISTED).join(',')
  const wanted = instruments.length > MAX_LISTED ? `${listed},...` : listed
  const none = `no book is subscribed (INSTRUMENTS=${wanted})`
  return { isPassing: false, detail: [none, ...missing, ...suspended].join('; ') }
}

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

/**
 * Readiness of the consumer: it has joined its group, has its start offsets, and no book is
 * catching up. While one is, `/readyz` answers 503.
 */
export function createConsumerCheck(
  consumer: { health(): ConsumerHealth },
  store: BookStore,
): HealthCheck {
  return {
    name: 'consumer',
    check() {
      const { isJoined, problem } = consumer.health()
      if (!isJoined) return { isPassing: false, detail: problem ?? 'not joined' }
      if (store.countByState().catching_up === 0) return { isPassing: true, detail: null }
      return { isPassing: false, detail: 'a partition is catching up' }
    },
  }
}

/**
 * Readiness of the books: at least one is live. Also passes when no partition is assigned, when the
 * assigned partitions are read to their end and hold no instrument though other members have some
 * partitions, or when every book is one-sided or halted: then the market has nothing to show.
 */
export function createBooksCheck(store: BookStore): HealthCheck {
  return {
    name: 'books',
    check() {
      if (store.ownedPartitions.size === 0) {
        return { isPassing: true, detail: 'no partitions are assigned' }
      }
      if (store.hasNoInstruments) {
        return { isPassing: true, detail: 'no instruments are in the assigned partitions' }
      }
      const counts = store.countByState()
      if (counts.live > 0) return { isPassing: true, detail: null }
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
      if (total > 0 && counts.one_sided + counts.halted === total) {
        return { isPassing: true, detail: 'all books are one-sided or halted' }
      }
      const present = Object.entries(counts).filter(([, count]) => count > 0)
      const states = present.map(([state, count]) => `${count} ${state}`).join(', ')
      return { isPassing: false, detail: `no book is live: ${states || 'none known'}` }
    },
  }
}

import type { HealthCheck } from '../model/pipeline.ts'
import type { ConsumerHealth } from '../model/topic.ts'
import type { BookStore } from './books/book-store.ts'

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

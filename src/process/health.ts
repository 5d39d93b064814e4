import type { HealthCheck } from '../model/pipeline.ts'
import type { BookStore } from './book-store.ts'

/**
 * Readiness of the books: one is live. Passes also when no partition is owned, when all instruments are
 * in the partitions of other members, or when every book is one-sided or halted: then the market, not we,
 * has nothing to show.
 */
export function createBooksCheck(store: BookStore): HealthCheck {
  return {
    name: 'books',
    check() {
      if (store.ownedPartitions.size === 0) {
        return { isPassing: true, detail: 'no partition is owned' }
      }
      if (store.isEverythingElsewhere) {
        return { isPassing: true, detail: 'no instrument is in the partitions that are owned' }
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

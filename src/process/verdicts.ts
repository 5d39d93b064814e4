import type { Verdict } from '../book/channel-book.ts'
import type { BookCounters } from './metrics.ts'

/** Whether the book is another one after the frame. */
export function changesBook(verdict: Verdict): boolean {
  return verdict === 'accepted' || verdict === 'new_sequence' || verdict === 'mismatch'
}

export function countVerdict(counters: BookCounters, verdict: Verdict): void {
  switch (verdict) {
    case 'new_sequence':
      counters.chainBroken('sequence_reset')
      break
    case 'gap':
      counters.chainBroken('gap')
      break
    case 'mismatch':
      counters.rejected('checkpoint_mismatch')
      break
    case 'duplicate':
    case 'non_finite':
    case 'negative':
    case 'unsorted':
      counters.rejected(verdict)
      break
    case 'accepted':
    case 'verified':
    case 'waiting':
      break
  }
}

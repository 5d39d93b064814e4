import type { ApplyResult } from '../book/channel-book.ts'
import type { BookCounters } from './metrics.ts'

/** Whether the book is another one after the frame. */
export function changesBook(result: ApplyResult): boolean {
  return result === 'accepted' || result === 'new_sequence' || result === 'mismatch'
}

export function countResult(counters: BookCounters, result: ApplyResult): void {
  switch (result) {
    case 'new_sequence':
      counters.sequenceBroken('sequence_reset')
      break
    case 'gap':
      counters.sequenceBroken('gap')
      break
    case 'mismatch':
      counters.rejected('checkpoint_mismatch')
      break
    case 'duplicate':
    case 'non_finite':
    case 'negative':
    case 'unsorted':
      counters.rejected(result)
      break
    case 'accepted':
    case 'verified':
    case 'waiting':
      break
  }
}

import type { Fold } from './ring.ts'

/** Sum of what `term` gives for each row. */
export function sumOf(term: Fold['term']): Fold {
  return { term, join: (older, newer) => older + newer, nothing: 0 }
}

export function leastOf(term: Fold['term']): Fold {
  return { term, join: (older, newer) => Math.min(older, newer), nothing: Infinity }
}

export function greatestOf(term: Fold['term']): Fold {
  return { term, join: (older, newer) => Math.max(older, newer), nothing: -Infinity }
}

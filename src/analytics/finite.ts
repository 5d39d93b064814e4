/** Absent where a sum overflowed or a term was no number: nothing else may pass for a value. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Something to divide by. A sum that overflowed would make a 0 that looks like a number. */
export function isWeight(total: number): boolean {
  return total > 0 && total < Number.POSITIVE_INFINITY
}

/** A pivot below this share of the largest number of the matrix makes it singular. */
const MIN_PIVOT = 1e-10

/**
 * Solves a x = b by Gaussian elimination with partial pivoting; null if `a` is singular.
 * @param a square, by rows
 */
export function solveLinear(
  a: readonly (readonly number[])[],
  b: readonly number[],
): Float64Array | null {
  const size = b.length
  const width = size + 1
  const values = new Float64Array(size * width)
  let largest = 0
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const value = a[row]?.[column] ?? NaN
      values[row * width + column] = value
      largest = Math.max(largest, Math.abs(value))
    }
    values[row * width + size] = b[row] ?? NaN
  }
  const at = (row: number, column: number): number => values[row * width + column] ?? NaN
  for (let step = 0; step < size; step++) {
    let pivot = step
    for (let row = step + 1; row < size; row++) {
      if (Math.abs(at(row, step)) > Math.abs(at(pivot, step))) pivot = row
    }
    // Written so that NaN, which compares false, counts as singular.
    if (!(Math.abs(at(pivot, step)) > largest * MIN_PIVOT)) return null
    for (let column = 0; column < width; column++) {
      const held = at(step, column)
      values[step * width + column] = at(pivot, column)
      values[pivot * width + column] = held
    }
    for (let row = step + 1; row < size; row++) {
      const factor = at(row, step) / at(step, step)
      for (let column = step; column < width; column++) {
        values[row * width + column] = at(row, column) - factor * at(step, column)
      }
    }
  }
  const solution = new Float64Array(size)
  for (let row = size - 1; row >= 0; row--) {
    let rest = at(row, size)
    for (let column = row + 1; column < size; column++) {
      rest -= at(row, column) * (solution[column] ?? NaN)
    }
    solution[row] = rest / at(row, row)
  }
  return solution
}

/** Most lines of a graph: 20 over an hour at steps of 5 s are half a megabyte. */
const MOST_LINES = 20
/** Most rows of a table. */
const MOST_ROWS = 50

/** Step of graphs whose queries read many series, as those of all books: a third of the work. */
export const COARSE_STEP = '15s'

/** A selector or range selector at the end of the range: the same at every point of a graph. */
export function atEnd(selector: string): string {
  return `${selector} @ end()`
}

/**
 * Bounds a graph: keeps the series with the highest ranks, at any number of books.
 * @param rank has the labels `by`; fixed by `atEnd`, so that a line does not change its book
 */
export function highestLines(
  expr: string,
  rank: string,
  by = 'instrument',
  most = MOST_LINES,
): string {
  return `${expr}
and on (${by})
topk(${most}, ${rank})`
}

/** Bounds a table in the same way. */
export function highestRows(expr: string, rank: string, by: string): string {
  return highestLines(expr, rank, by, MOST_ROWS)
}

/** A row of an exported table in NDJSON. */
export type ExportedRow = Readonly<Record<string, string | number | boolean | null>>

/** The fields of an API snapshot that a row repeats, under their names in the table. */
export function expectedOf(snapshot: Readonly<Record<string, unknown>>): ExportedRow {
  const row: Record<string, string | number | boolean | null> = {}
  const add = (path: string, value: unknown): void => {
    if (SKIPPED.has(path)) return
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) add(`${path}_${nameOf(name)}`, inner)
    } else if (!Array.isArray(value)) row[path] = value as string | number | boolean | null
  }
  for (const [name, value] of Object.entries(snapshot)) add(nameOf(name), value)
  return row
}

/** What depends on the process that reads the book, levels, and signals, which only a setting adds. */
const SKIPPED = new Set([
  'since_ms',
  'amount_unit',
  'published_time_ms',
  'age_ms',
  'lag_ms',
  'definitions',
  'bids',
  'asks',
  'signals',
])

function nameOf(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => `_${letter.toLowerCase()}`).replace('.', '_')
}

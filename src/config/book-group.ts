import type { Settings } from './settings.ts'

/** Groups that the exchange documents, by currency (the first part of an instrument name). */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  BTC: ['none', '1', '2', '5', '10'],
  ETH: ['none', '5', '10', '25', '100', '250'],
}
/** The group that works for every instrument. */
const NO_GROUP = 'none'
const MAX_NAMED = 5

/**
 * Warns if BOOK_GROUP is not documented for some of INSTRUMENTS. The exchange omits unknown channels
 * from its acknowledgement without an error, so that these books would get no data.
 */
export function findUndocumentedGroup(settings: Settings): string[] {
  const { ROLE, BOOK_MODE, BOOK_GROUP, INSTRUMENTS } = settings
  if (ROLE === 'consumer' || BOOK_MODE !== 'grouped' || BOOK_GROUP === NO_GROUP) return []
  const doubtful = INSTRUMENTS.filter((entry) => !groupsOf(entry).includes(BOOK_GROUP))
  if (doubtful.length === 0) return []
  const more = doubtful.length > MAX_NAMED ? ` and ${doubtful.length - MAX_NAMED} more` : ''
  const documented = Object.entries(DOCUMENTED)
    .map(([currency, groups]) => `${currency} ${groups.join(',')}`)
    .join('; ')
  return [
    `BOOK_GROUP=${JSON.stringify(BOOK_GROUP)} is not documented by the exchange for ` +
      `${doubtful.slice(0, MAX_NAMED).join(',')}${more}; these books may get no data ` +
      `(documented: ${documented}; others none)`,
  ]
}

/** The documented groups of a name or of a selector `kind:currency`. `any` allows only `none`. */
function groupsOf(entry: string): readonly string[] {
  const currency = entry.includes(':') ? entry.split(':')[1] : entry.split('-')[0]
  return DOCUMENTED[currency ?? ''] ?? [NO_GROUP]
}

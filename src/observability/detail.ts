/** Which series of an instrument are shown; the setting METRICS_DETAIL. */
export type Detail = 'full' | 'core' | 'auto'

/** Up to this many instruments `auto` shows every series of each. */
const MAX_FULL_INSTRUMENTS = 80

export function isFullDetail(detail: Detail, instruments: number): boolean {
  return detail === 'full' || (detail === 'auto' && instruments <= MAX_FULL_INSTRUMENTS)
}

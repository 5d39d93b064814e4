/** Shown where there is no number. */
export const ABSENT = '–'
const MAX_DIGITS = 8

const formats = new Map<number, Intl.NumberFormat>()

/** With so many digits behind the point and a comma at the thousands; the dash where it is absent. */
export function formatNumber(value: number | null, digits: number): string {
  if (value === null) return ABSENT
  let format = formats.get(digits)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      // What is rounded to 0 has no sign.
      signDisplay: 'negative',
    })
    formats.set(digits, format)
  }
  return format.format(value)
}

/** The same with its sign, a true minus included. */
export function formatSigned(value: number | null, digits: number): string {
  if (value === null) return ABSENT
  const text = formatNumber(Math.abs(value), digits)
  const isZero = Number(text.replaceAll(',', '')) === 0
  return `${isZero ? ' ' : value < 0 ? '−' : '+'}${text}`
}

/** How many digits behind the point it takes to write the number, at most 8. */
export function digitsOf(value: number): number {
  const text = value.toFixed(MAX_DIGITS).replace(/0+$/, '')
  return text.length - text.indexOf('.') - 1
}

/** A lag: three figures and its unit. */
export function formatLag(ms: number | null): string {
  if (ms === null) return ABSENT
  if (ms < 9.995) return `${ms.toFixed(2)} ms`
  if (ms < 99.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${ms.toFixed(0)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  return formatSpan(ms)
}

/** The age of a book: tenths of a second are enough. */
export function formatAge(ms: number | null): string {
  if (ms === null) return ABSENT
  return ms < 9950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : formatSpan(ms)
}

/** How long something lasts already. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** A spread over the mid-price in basis points. */
export function formatBasisPoints(ratio: number | null): string {
  if (ratio === null) return ABSENT
  const points = ratio * 10_000
  return `${points.toFixed(points < 9.995 ? 2 : points < 99.95 ? 1 : 0)} bp`
}

export function formatPercent(ratio: number | null): string {
  return ratio === null ? ABSENT : `${(ratio * 100).toFixed(1)} %`
}

/** An amount in few characters: 1,234 12.3k 4.56M. */
export function formatAmount(value: number | null): string {
  if (value === null) return ABSENT
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  if (size >= 999_950) return `${sign}${trim(size / 1e6)}M`
  if (size >= 9_999.5) return `${sign}${trim(size / 1e3)}k`
  return `${sign}${formatNumber(size, size >= 100 || Number.isInteger(size) ? 0 : size >= 1 ? 2 : 4)}`
}

function trim(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** The time of day here. */
export function formatTime(epochMs: number): string {
  return clock.format(epochMs)
}

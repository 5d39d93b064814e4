/** Shown for an absent number. */
export const ABSENT = '–'
const MAX_DIGITS = 8

const formats = new Map<number, Intl.NumberFormat>()

/** Formats a number with this many decimals and thousands separators; a dash if absent. */
export function formatNumber(value: number | null, digits: number): string {
  if (value === null) return ABSENT
  let format = formats.get(digits)
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      // A value that is rounded to 0 has no sign.
      signDisplay: 'negative',
    })
    formats.set(digits, format)
  }
  return format.format(value)
}

/** Formats a number with its sign; the minus is U+2212. */
export function formatSigned(value: number | null, digits: number): string {
  if (value === null) return ABSENT
  const text = formatNumber(Math.abs(value), digits)
  const isZero = Number(text.replaceAll(',', '')) === 0
  return `${isZero ? ' ' : value < 0 ? '−' : '+'}${text}`
}

/** Returns the number of decimals needed to write the number, at most 8. */
export function digitsOf(value: number): number {
  const text = value.toFixed(MAX_DIGITS).replace(/0+$/, '')
  return text.length - text.indexOf('.') - 1
}

/** Formats a lag with three significant digits and its unit. */
export function formatLag(ms: number | null): string {
  if (ms === null) return ABSENT
  if (ms < 9.995) return `${ms.toFixed(2)} ms`
  if (ms < 99.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${ms.toFixed(0)} ms`
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`
  return formatSpan(ms)
}

/** Formats the age of a book in tenths of a second. */
export function formatAge(ms: number | null): string {
  if (ms === null) return ABSENT
  return ms < 9950 ? `${(Math.max(0, ms) / 1000).toFixed(1)} s` : formatSpan(ms)
}

/** Formats a duration. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`
}

/** Formats a relative spread in basis points. */
export function formatBasisPoints(ratio: number | null): string {
  if (ratio === null) return ABSENT
  const points = ratio * 10_000
  return `${points.toFixed(points < 9.995 ? 2 : points < 99.95 ? 1 : 0)} bp`
}

export function formatPercent(ratio: number | null): string {
  return ratio === null ? ABSENT : `${(ratio * 100).toFixed(1)} %`
}

/** Formats an amount briefly: 1,234 12.3k 4.56M. */
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

/** Formats the local time of day. */
export function formatTime(epochMs: number): string {
  return clock.format(epochMs)
}

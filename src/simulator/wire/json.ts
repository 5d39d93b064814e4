/** A number that the exchange writes with a decimal point, `10.0`, unlike ids and times. */
export class WireFloat {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export function float(value: number): WireFloat {
  return new WireFloat(value)
}

/**
 * Serializes JSON like `JSON.stringify`, except for `WireFloat`, which is formatted as the
 * exchange does, and for integers above 2^53.
 */
export function wireJson(value: unknown): string {
  if (value instanceof WireFloat) return numberText(value.value)
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(wireJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${wireJson(field)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

/** From this value on, a number with a fraction is never shorter in exponent form. */
const PLAIN_FROM = 0.001

/**
 * Formats a number as the exchange has done since December 2024: always with a decimal point, and
 * in exponent form if that is strictly shorter (`1.8e4`, `2.8e-4`, but `15007.0` and `200.0`).
 */
export function numberText(value: number): string {
  const text = String(value)
  if (Number.isSafeInteger(value)) return integerText(text)
  if (Math.abs(value) >= PLAIN_FROM && !text.includes('e')) return text
  const plain = text.includes('e') ? value.toFixed(20) : text
  const exponent = exponentText(value)
  return exponent.length < plain.length ? exponent : plain
}

/** Counts digits instead of comparing texts, because it runs for every level of every book. */
function integerText(text: string): string {
  let digits = text.length
  while (digits > 1 && text.charCodeAt(digits - 1) === ZERO) digits -= 1
  const sign = text.startsWith('-') ? 1 : 0
  const significant = digits - sign
  const power = text.length - sign - 1
  const fraction = significant === 1 ? '0' : text.slice(sign + 1, digits)
  const exponentLength = sign + 2 + fraction.length + 1 + (power < 10 ? 1 : 2)
  if (exponentLength >= text.length + 2) return `${text}.0`
  return `${text.slice(0, sign + 1)}.${fraction}e${power}`
}

const ZERO = 48

function exponentText(value: number): string {
  const [digits = '0', power = '0'] = value.toExponential().split('e')
  const mantissa = digits.includes('.') ? digits : `${digits}.0`
  return `${mantissa}e${power.startsWith('+') ? power.slice(1) : power}`
}

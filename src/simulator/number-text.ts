/**
 * Spells a number as the exchange has done since December 2024: with a decimal point always, and in
 * exponent form where that is strictly shorter (`1.8e4`, `2.8e-4`, but `15007.0` and `200.0`).
 */
export function numberText(value: number): string {
  const exponent = exponentText(value)
  const plain = plainText(value)
  return exponent.length < plain.length ? exponent : plain
}

function exponentText(value: number): string {
  const [digits = '0', power = '0'] = value.toExponential().split('e')
  const mantissa = digits.includes('.') ? digits : `${digits}.0`
  return `${mantissa}e${power.startsWith('+') ? power.slice(1) : power}`
}

function plainText(value: number): string {
  const text = String(value)
  if (text.includes('e')) return value.toFixed(20)
  return text.includes('.') ? text : `${text}.0`
}

import { numberText } from './number-text.ts'

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
 * Writes JSON as `JSON.stringify` does, but for `WireFloat`, which is spelt as the exchange does, and
 * for whole numbers above 2^53.
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

/** JSON has no word for NaN and infinity: such a number is absent. */
export function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

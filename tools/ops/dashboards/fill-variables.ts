/** Values of variables by name, as regular expressions; "All" is `.+`. */
export type VariableValues = Readonly<Record<string, string>>

export const ALL_VALUES: VariableValues = {
  job: '.+',
  instance: '.+',
  instrument: '.+',
  depth: '.+',
  band_bps: '.+',
  window: '.+',
}

/** Grafana's own variables, as durations. */
export interface Durations {
  /** Four scrapes or more: `20s`. */
  readonly rateInterval: string
  /** Time range of the dashboard: `3600s`. */
  readonly range: string
}

/**
 * Replaces variables in an expression as Grafana does.
 * @throws Error where a variable has no value
 */
export function fillVariables(
  expr: string,
  values: VariableValues,
  { rateInterval, range }: Durations,
): string {
  return expr.replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (_whole, plain?: string, braced?: string) => {
    const name = plain ?? braced ?? ''
    if (name === '__rate_interval') return rateInterval
    if (name === '__range') return range
    const value = values[name]
    if (value === undefined) throw new Error(`variable ${name} has no value`)
    // Escaped for a PromQL string, as Grafana does.
    return value.replaceAll('\\', '\\\\')
  })
}

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

/**
 * Replaces variables in an expression as Grafana does.
 * @param rateInterval four scrapes or more: `15s`
 * @throws Error where a variable has no value
 */
export function fillVariables(expr: string, values: VariableValues, rateInterval: string): string {
  return expr.replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (_whole, plain?: string, braced?: string) => {
    const name = plain ?? braced ?? ''
    if (name === '__rate_interval') return rateInterval
    const value = values[name]
    if (value === undefined) throw new Error(`variable ${name} has no value`)
    // Escaped for a PromQL string, as Grafana does.
    return value.replaceAll('\\', '\\\\')
  })
}

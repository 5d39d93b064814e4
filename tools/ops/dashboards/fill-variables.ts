/** Values of variables by name, as regular expressions; `.+` is what "All" stands for. */
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
 * An expression as Grafana sends it.
 * @param rateInterval four scrapes or more: `15s`
 * @throws Error where it names a variable that has no value
 */
export function fillVariables(expr: string, values: VariableValues, rateInterval: string): string {
  return expr.replaceAll(/\$(\w+)|\$\{(\w+)\}/g, (_whole, plain?: string, braced?: string) => {
    const name = plain ?? braced ?? ''
    if (name === '__rate_interval') return rateInterval
    const value = values[name]
    if (value === undefined) throw new Error(`variable ${name} has no value`)
    // In a string of PromQL, as Grafana writes it.
    return value.replaceAll('\\', '\\\\')
  })
}

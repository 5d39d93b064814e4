/**
 * Units of Grafana that a service like this one may use, by the names of
 * `@grafana/data` (valueFormats/categories.ts): a unit that it does not know is shown as a suffix.
 */
export const GRAFANA_UNITS: ReadonlySet<string> = new Set([
  ...['none', 'string', 'short', 'percent', 'percentunit', 'sci', 'locale', 'hex'],
  ...['currencyUSD', 'currencyEUR', 'currencyBTC'],
  ...['bytes', 'decbytes', 'bits', 'decbits', 'kbytes', 'mbytes', 'gbytes'],
  ...['pps', 'binBps', 'Bps', 'binbps', 'bps', 'KiBs', 'MiBs', 'GiBs'],
  ...[
    'hertz',
    'ns',
    'µs',
    'ms',
    's',
    'm',
    'h',
    'd',
    'dtdurationms',
    'dtdurations',
    'dthms',
    'dtdhms',
  ],
  ...[
    'dateTimeAsIso',
    'dateTimeAsLocal',
    'dateTimeAsLocalNoDateIfToday',
    'dateTimeFromNow',
    'dateTimeAsSystem',
  ],
  ...['cps', 'ops', 'reqps', 'rps', 'wps', 'iops', 'cpm', 'opm', 'rpm', 'wpm'],
  ...['bool', 'bool_yes_no', 'bool_on_off'],
])

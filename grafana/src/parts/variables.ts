import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { JOB } from '../../../prometheus/src/generation.ts'
import { DATASOURCE } from './datasource.ts'
import { series } from './selector.ts'

const NO_VALUE = { text: '', value: '' }
const ALL = { text: 'All', value: '$__all' }
/** Address of the service in docker-compose.yml and `npm run stack`. */
const API_ADDRESS = 'http://127.0.0.1:9464'

const INSTRUMENTS = `${metric.up}{job=~"$job", instance=~"$instance"}`

/** Variables of every dashboard, in this order. */
export function commonVariables(instrument: VariableModel = anyInstruments()): VariableModel[] {
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Data source')
      .type('prometheus')
      .current({ text: 'Prometheus', value: 'prometheus' })
      .build(),
    { ...valuesOf('job', 'Job', `${metric.buildInfo}`), current: { text: [JOB], value: [JOB] } },
    valuesOf('instance', 'Instance', `${metric.buildInfo}{job=~"$job"}`),
    instrument,
  ]
}

function anyInstruments(): VariableModel {
  return valuesOf('instrument', 'Instrument', INSTRUMENTS)
}

/** One instrument at first, more if chosen, never all: each has a row of its own. */
export function chosenInstruments(first: string): VariableModel {
  const all = anyInstruments()
  return { ...all, includeAll: false, current: { text: [first], value: [first] } }
}

/** Base URL of API links, because a browser seldom reaches the scrape address. */
export function apiVariable(): VariableModel {
  return new TextBoxVariableBuilder('api')
    .label('API')
    .description('Address of the service for links to its API')
    .defaultValue(API_ADDRESS)
    .current({ text: API_ADDRESS, value: API_ADDRESS })
    .build()
}

/**
 * One value of a label that depends on the settings: `depth`, `band_bps`, `window`. One, so that a line
 * has the name of its instrument and thereby its colour.
 * @param first default; without it or where it does not exist, the first one
 */
export function settingVariable(
  label: string,
  title: string,
  metricName: string,
  first?: string,
): VariableModel {
  const one = { ...valuesOf(label, title, series(metricName)), multi: false, includeAll: false }
  // Without a value Grafana selects the first one.
  const current = first === undefined ? NO_VALUE : { text: first, value: first }
  return { ...one, current }
}

function valuesOf(name: string, label: string, selector: string): VariableModel {
  const query = `label_values(${selector}, ${name})`
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current(ALL)
    .build()
}

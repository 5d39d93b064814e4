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

const ALL = { text: 'All', value: '$__all' }
/** Address of the service in docker-compose.yml and `npm run stack`. */
const API_ADDRESS = 'http://127.0.0.1:9464'

/** Variables of every dashboard, in this order. */
export function commonVariables(): VariableModel[] {
  return [
    new DatasourceVariableBuilder('datasource')
      .label('Data source')
      .type('prometheus')
      .current({ text: 'Prometheus', value: 'prometheus' })
      .build(),
    { ...valuesOf('job', 'Job', `${metric.buildInfo}`), current: { text: [JOB], value: [JOB] } },
    valuesOf('instance', 'Instance', `${metric.buildInfo}{job=~"$job"}`),
    valuesOf('instrument', 'Instrument', `${metric.up}{job=~"$job", instance=~"$instance"}`),
  ]
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

/** A label of a metric whose values depend on the settings: `depth`, `band_bps`, `window`. */
export function settingVariable(label: string, title: string, metricName: string): VariableModel {
  return valuesOf(label, title, series(metricName))
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

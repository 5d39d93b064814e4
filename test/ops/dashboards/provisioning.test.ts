import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { SCRAPE_INTERVAL } from '../../../grafana/src/parts/datasource.ts'
import { list, object, readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { selectorsOf, syntaxError } from '../../../tools/ops/dashboards/promql.ts'
import { knownNames } from '../../../tools/ops/known-names.ts'

const read = (path: string) => object(parse(readFileSync(path, 'utf8')))
const sources = list(read('grafana/provisioning/datasources/orderbook.yml')['datasources'])
const [provider] = list(read('grafana/provisioning/dashboards/orderbook.yml')['providers'])
const settingsOf = (uid: string) => object(sources.find((one) => one['uid'] === uid)?.['jsonData'])

describe('the data sources of Grafana', () => {
  it('have the uids that links are made of', () => {
    expect(sources.map(({ uid, type }) => [uid, type])).toEqual([
      ['prometheus', 'prometheus'],
      ['tempo', 'tempo'],
    ])
  })

  it('lead from an exemplar to its trace', () => {
    expect(settingsOf('prometheus')['exemplarTraceIdDestinations']).toMatchObject([
      { name: 'trace_id', datasourceUid: 'tempo' },
    ])
  })

  it('lead from a trace back to its metrics, in PromQL that can be understood', async () => {
    const known = await knownNames()
    const { datasourceUid, queries } = object(settingsOf('tempo')['tracesToMetrics'])
    expect(datasourceUid).toBe('prometheus')
    for (const { query } of list(queries)) {
      // In YAML of Grafana `$$` is one.
      const expr = String(query).replaceAll('$$', '$')
      expect(syntaxError(expr)).toBeNull()
      for (const { name } of selectorsOf(expr)) expect([...known]).toContain(name)
    }
  })

  it('know the interval of the scrapes, as the panels do', () => {
    const { scrape_interval: interval } = object(read('prometheus/prometheus.yml')['global'])
    expect(settingsOf('prometheus')['timeInterval']).toBe(interval)
    expect(SCRAPE_INTERVAL).toBe(interval)
  })

  it('hold nothing that Grafana would take for a variable of its environment', () => {
    const text = readFileSync('grafana/provisioning/datasources/orderbook.yml', 'utf8')
    expect(text.replaceAll('$$', '').replaceAll(/^\s*#.*$/gm, '')).not.toContain('$')
  })
})

describe('the dashboards as Grafana gets them', () => {
  it('cannot be changed there', () => {
    expect(provider).toMatchObject({ allowUiUpdates: false, folderUid: 'orderbook', type: 'file' })
  })

  it('begin with the data source that there is', () => {
    for (const { json } of readDashboards()) {
      const [first] = list(object(json['templating'])['list'])
      expect(first?.['current']).toEqual({ text: 'Prometheus', value: 'prometheus' })
    }
  })
})

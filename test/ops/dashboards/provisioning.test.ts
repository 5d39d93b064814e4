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
  it('have the uids of the links', () => {
    expect(sources.map(({ uid, type }) => [uid, type])).toEqual([
      ['prometheus', 'prometheus'],
      ['tempo', 'tempo'],
      ['alertmanager', 'alertmanager'],
    ])
  })

  it('link from an exemplar to its trace', () => {
    expect(settingsOf('prometheus')['exemplarTraceIdDestinations']).toMatchObject([
      { name: 'trace_id', datasourceUid: 'tempo' },
    ])
  })

  it('link from a trace to its metrics with valid PromQL', async () => {
    const known = await knownNames()
    const { datasourceUid, queries } = object(settingsOf('tempo')['tracesToMetrics'])
    expect(datasourceUid).toBe('prometheus')
    for (const { query } of list(queries)) {
      // In Grafana's YAML `$$` escapes `$`.
      const expr = String(query).replaceAll('$$', '$')
      expect(syntaxError(expr)).toBeNull()
      for (const { name } of selectorsOf(expr)) expect([...known]).toContain(name)
    }
  })

  it('offer a service map only if Tempo makes the metrics that it reads', () => {
    const hasGenerator = read('tempo/tempo.yml')['metrics_generator'] !== undefined
    expect(settingsOf('tempo')['serviceMap'] !== undefined).toBe(hasGenerator)
  })

  it('have the scrape interval, as the panels do', () => {
    const { scrape_interval: interval } = object(read('prometheus/prometheus.yml')['global'])
    expect(settingsOf('prometheus')['timeInterval']).toBe(interval)
    expect(SCRAPE_INTERVAL).toBe(interval)
  })

  it('contain nothing that Grafana would expand as an environment variable', () => {
    const text = readFileSync('grafana/provisioning/datasources/orderbook.yml', 'utf8')
    expect(text.replaceAll('$$', '').replaceAll(/^\s*#.*$/gm, '')).not.toContain('$')
  })
})

describe('the provisioned dashboards', () => {
  it('are read-only', () => {
    expect(provider).toMatchObject({ allowUiUpdates: false, folderUid: 'orderbook', type: 'file' })
  })

  it('default to the existing data source', () => {
    for (const { json } of readDashboards()) {
      const [first] = list(object(json['templating'])['list'])
      expect(first?.['current']).toEqual({ text: 'Prometheus', value: 'prometheus' })
    }
  })
})

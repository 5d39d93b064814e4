import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { askDashboards } from '../../../tools/ops/dashboards/ask-dashboards.ts'
import { parseDashboard } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { PrometheusClient } from '../../../tools/ops/dashboards/prometheus-client.ts'
import { registerCleanUp } from '../../support/clean-up.ts'

const RANGE = { fromSeconds: 0, toSeconds: 60, stepSeconds: 2 }
const EXCEPTION = { dashboard: 'd', panel: 'P', refId: 'A', reason: 'never there' }

/** A Prometheus that has data for expressions with `there` and rejects those with `broken`. */
async function startPrometheus() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://prometheus')
    const query = url.searchParams.get('query') ?? url.searchParams.get('match[]') ?? ''
    asked.push(`${url.pathname.replace('/api/v1/', '')} ${query}`)
    const isBroken = query.includes('broken')
    response.writeHead(isBroken ? 400 : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        isBroken
          ? { error: 'parse error' }
          : { data: answer(url.pathname, query.includes('there')) },
      ),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registerCleanUp(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { client: new PrometheusClient(`http://127.0.0.1:${address.port}`), asked }
}

function answer(path: string, hasData: boolean) {
  if (path.includes('/label/')) return hasData ? ['a'] : []
  if (path.endsWith('query_exemplars')) {
    const exemplars = [{ labels: { trace_id: 'abc' }, value: '1', timestamp: 1 }]
    return hasData ? [{ exemplars }] : []
  }
  const sample = { metric: {}, values: [[1, hasData ? '1' : 'NaN']], value: [1, '1'] }
  return { result: path.endsWith('query_range') || hasData ? [sample] : [] }
}

const dashboardOf = (target: object, more: object = {}) =>
  parseDashboard({
    uid: 'd',
    panels: [{ title: 'P', targets: [{ refId: 'A', ...target }] }],
    ...more,
  })

async function problemsOf(
  target: object,
  more: object = {},
  exceptions = [] as (typeof EXCEPTION)[],
) {
  const { client, asked } = await startPrometheus()
  return {
    problems: await askDashboards([dashboardOf(target, more)], client, RANGE, exceptions),
    asked,
  }
}

describe('dashboard queries', () => {
  it('reports nothing where every query has data, with the variables filled in', async () => {
    const { problems, asked } = await problemsOf({
      expr: 'rate(there{job=~"$job", instance=~"$instance|"}[$__rate_interval])',
    })
    expect(problems).toEqual([])
    expect(asked).toEqual(['query_range rate(there{job=~".+", instance=~".+|"}[20s])'])
  })

  it('runs an instant query where the panel does', async () => {
    expect((await problemsOf({ expr: 'there', instant: true })).asked).toEqual(['query there'])
  })

  it('names the panel of a query without data, or without numbers', async () => {
    const message = 'd, P, A: no data for gone'
    expect((await problemsOf({ expr: 'gone', instant: true })).problems).toEqual([message])
    expect((await problemsOf({ expr: 'gone' })).problems).toEqual([message])
  })

  it('reports the error of Prometheus', async () => {
    expect((await problemsOf({ expr: 'broken' })).problems).toEqual(['d, P, A: parse error'])
  })

  it('rejects a variable without a value', async () => {
    const { problems } = await problemsOf({ expr: 'there{x="$other"}' })
    expect(problems).toEqual(['d, P, A: variable other has no value'])
  })

  it('queries exemplars where the panel does', async () => {
    expect((await problemsOf({ expr: 'there', exemplar: true })).problems).toEqual([])
    const { problems } = await problemsOf({ expr: 'gone', exemplar: true })
    expect(problems).toContain('d, P, A: no traces for gone')
  })

  it('accepts an annotation without data that is listed', async () => {
    const annotations = { annotations: { list: [{ name: 'N', expr: 'gone' }] } }
    const listed = { ...EXCEPTION, panel: 'N', refId: 'annotation' }
    const { problems } = await problemsOf({ expr: 'there' }, annotations, [listed])
    expect(problems).toEqual([])
  })

  it.each([
    ['with an unknown function', 'values_of(there)'],
    ['without a label', 'label_values(there)'],
    ['with an invalid selector', 'label_values(broken{, v)'],
  ])('reports a variable %s', async (_, query) => {
    const list = [{ name: 'v', type: 'query', query }]
    const { problems } = await problemsOf({ expr: 'there' }, { templating: { list } })
    expect(problems).toMatchObject([expect.stringMatching(/^d, variable v: /)])
  })

  it('reports a query that is empty or in another language', async () => {
    expect((await problemsOf({ expr: '' })).problems).toHaveLength(1)
    const loki = { expr: '{job="a"} |= "error"', datasource: { type: 'loki', uid: 'l' } }
    expect((await problemsOf(loki)).problems).toHaveLength(1)
  })

  it('queries variables and annotations too', async () => {
    const { problems } = await problemsOf(
      { expr: 'there' },
      {
        templating: {
          list: [{ name: 'v', type: 'query', query: 'label_values(gone{job=~"$job"}, v)' }],
        },
        annotations: { list: [{ name: 'N', expr: 'gone' }] },
      },
    )
    expect(problems).toEqual([
      'd, variable v: no values for gone{job=~".+"}',
      'd, annotation N: no data for gone',
    ])
  })

  it('accepts an exception until there is data', async () => {
    expect((await problemsOf({ expr: 'gone' }, {}, [EXCEPTION])).problems).toEqual([])
    expect((await problemsOf({ expr: 'there' }, {}, [EXCEPTION])).problems).toEqual([
      'without-data.ts: d, P, A has data now, or does not exist; remove the line',
    ])
  })

  it('accepts an exception with and without data if that depends on time', async () => {
    const exception = { ...EXCEPTION, dependsOnTime: true }
    expect((await problemsOf({ expr: 'gone' }, {}, [exception])).problems).toEqual([])
    expect((await problemsOf({ expr: 'there' }, {}, [exception])).problems).toEqual([])
    const other = { ...exception, panel: 'Q' }
    expect((await problemsOf({ expr: 'there' }, {}, [other])).problems).toHaveLength(1)
  })
})

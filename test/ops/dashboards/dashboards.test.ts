import { beforeAll, describe, expect, it } from 'vitest'
import { RUNBOOK_BASE_URL } from '../../../prometheus/src/generation.ts'
import { metric } from '../../../prometheus/src/metric-names.ts'
import { ALERT_NAMES, ALERT_RULES } from '../../../prometheus/src/rule-files.ts'
import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'
import { list, object, readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { selectorsOf } from '../../../tools/ops/dashboards/promql.ts'
import { knownNames, seriesNames } from '../../../tools/ops/known-names.ts'

const dashboards = readDashboards()
const panels = dashboards.flatMap((dashboard) =>
  dashboard.panels.map((panel) => ({ uid: dashboard.uid, title: panel.title, panel })),
)
const targets = panels.flatMap(({ uid, title, panel }) =>
  panel.targets.map((target) => ({ uid, title, target })),
)
const selectors = [
  ...targets.map(({ target }) => target.expr),
  ...dashboards.flatMap(({ annotations }) => annotations.map(({ expr }) => expr)),
  ...dashboards.flatMap(({ variables }) =>
    variables
      .filter(({ type }) => type === 'query')
      .map(({ query }) => query.replace(/^label_values\((.*),\s*\w+\)$/s, '$1')),
  ),
].flatMap(selectorsOf)

let known: ReadonlySet<string>
beforeAll(async () => {
  known = await knownNames()
})

describe('the dashboards', () => {
  it('are the four that alerts link to', () => {
    const uids = dashboards.map(({ uid }) => uid)
    expect(uids).toEqual(
      ['market', 'overview', 'pipeline', 'service'].map((one) => `orderbook-${one}`),
    )
    for (const { annotations } of ALERT_RULES) {
      const [, uid] = /\/d\/([\w-]+)/.exec(annotations.dashboard_url) ?? []
      expect(uids).toContain(uid)
    }
  })

  it('have every variable that an alert sets', () => {
    for (const { variables } of dashboards) {
      const names = variables.map(({ name }) => name)
      expect(names.slice(0, 4)).toEqual(['datasource', 'job', 'instance', 'instrument'])
    }
  })

  it('show every metric of the catalogue', () => {
    const shown = new Set(selectors.map(({ name }) => name))
    const missing = Object.values(catalogue).filter(
      (definition) => !seriesNames(definition).some((name) => shown.has(name)),
    )
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  it('read only existing metrics', () => {
    const unknown = selectors.map(({ name }) => name).filter((name) => !known.has(name))
    expect(unknown).toEqual([])
  })

  it('are filtered by the instrument wherever a metric has one', () => {
    const byInstrument = new Set(
      Object.values(catalogue)
        .filter((definition) => 'instrument' in definition.labels)
        .map(({ name }) => name as string),
    )
    const unfiltered = targets
      .flatMap(({ target }) => selectorsOf(target.expr))
      .filter(({ name }) => byInstrument.has(name))
      .filter(({ matchers }) => !matchers.some(({ value }) => value === '$instrument'))
    expect(unfiltered).toEqual([])
  })

  it('read no histogram bound that Prometheus versions format differently', () => {
    const bounds = selectors.flatMap(({ matchers }) =>
      matchers.filter(({ label }) => label === 'le'),
    )
    for (const { value } of bounds) expect(value).toMatch(/^\d+\.\d*[1-9]$/)
  })

  it('need no input when provisioned from a folder', () => {
    for (const { json } of dashboards) {
      expect(json).not.toHaveProperty('__inputs')
      expect(json['id']).toBeUndefined()
    }
  })

  it('share the common parts', () => {
    for (const { json } of dashboards) {
      expect(json).toMatchObject({
        editable: false,
        graphTooltip: 1,
        timezone: 'browser',
        schemaVersion: 42,
        tags: ['orderbook'],
      })
    }
  })

  it('show the last hour; the market the last 15 minutes of one instrument, each 5 s', () => {
    for (const { uid, json } of dashboards) {
      const isMarket = uid === 'orderbook-market'
      expect(json['refresh'], uid).toBe(isMarket ? '5s' : '10s')
      expect(json['time'], uid).toEqual({ from: isMarket ? 'now-15m' : 'now-1h', to: 'now' })
      const instrument = list(object(json['templating'])['list']).find(
        ({ name }) => name === 'instrument',
      )
      expect(instrument, uid).toMatchObject(
        isMarket
          ? { includeAll: false, multi: true, current: { value: ['BTC-PERPETUAL'] } }
          : { includeAll: true, multi: true, current: { value: '$__all' } },
      )
    }
  })

  it.each(['orderbook-market', 'orderbook-pipeline'])(
    'of %s have at most 12 panels open: the others in closed rows, asked for when opened',
    (uid) => {
      const dashboard = dashboards.find((one) => one.uid === uid)
      const open = list(dashboard?.json['panels']).filter(({ type }) => type !== 'row')
      expect(open.length).toBeGreaterThan(5)
      expect(open.length).toBeLessThanOrEqual(12)
    },
  )

  it('draw in one graph only stages of the lag that begin or end together, and stack no quantiles', () => {
    const COMPARABLE = [
      ['receive_to_publish'],
      ['receive_to_consume', 'consume_to_publish'],
      ['receive_to_send', 'send_to_ack'],
      ['exchange_to_receive', 'total'],
    ]
    const stages = catalogue.pipelineLag.labels.stage
    const quantiles = targets.filter(
      ({ target }) =>
        target.expr.includes('histogram_quantile') &&
        target.expr.includes(`${metric.pipelineLag}_bucket`),
    )
    expect(quantiles.length).toBeGreaterThan(8)
    for (const { title, target } of quantiles) {
      const [, matcher = ''] = /stage=~?"([^"]+)"/.exec(target.expr) ?? []
      const drawn = stages.filter((stage) => new RegExp(`^(${matcher})$`).test(stage))
      const isComparable = COMPARABLE.some((set) => drawn.every((stage) => set.includes(stage)))
      expect(isComparable, `${title}: ${drawn.join(', ')}`).toBe(true)
    }
    for (const { title, panel } of panels) {
      const { custom } = object(object(panel.json['fieldConfig'])['defaults'])
      if (object(object(custom)['stacking'])['mode'] !== 'normal') continue
      for (const { expr } of panel.targets) expect(expr, title).not.toContain('quantile')
    }
  })

  it('have no least range on axes of time, so that microseconds are seen', () => {
    for (const { title, panel } of panels.filter(({ panel: { unit } }) => unit === 's')) {
      const { custom } = object(object(panel.json['fieldConfig'])['defaults'])
      expect(object(custom)['axisSoftMax'], title).toBeUndefined()
    }
  })

  it('draw no line per instrument without a bound or a selection', () => {
    const unbounded = targets.filter(
      ({ uid, target }) =>
        uid !== 'orderbook-market' &&
        target.legendFormat.includes('{{instrument}}') &&
        !/\btopk\b/.test(target.expr),
    )
    expect(targets.filter(({ target }) => /\btopk\b/.test(target.expr)).length).toBeGreaterThan(5)
    expect(unbounded.map(({ title }) => title)).toEqual([])
  })

  it('mark alerts, restarts and new versions', () => {
    for (const { uid, annotations } of dashboards) {
      expect(
        annotations.map(({ name }) => name),
        uid,
      ).toEqual(['Alerts', 'Restarts', 'Versions'])
    }
  })

  it('link to each other, with time range and variables', () => {
    for (const { json } of dashboards) {
      const [first] = list(json['links'])
      expect(first).toMatchObject({
        type: 'dashboards',
        tags: ['orderbook'],
        includeVars: true,
        keepTime: true,
      })
    }
  })

  it('link only to existing runbooks', () => {
    const links = panels.flatMap(({ panel }) => list(panel.json['links']))
    expect(links.length).toBeGreaterThan(20)
    for (const { url } of links) {
      const [, alert] = /\/(\w+)\.md$/.exec(String(url)) ?? []
      expect(ALERT_NAMES).toContain(alert)
      expect(String(url)).toContain(RUNBOOK_BASE_URL)
    }
  })

  it('link to every runbook from some panel', () => {
    const text = JSON.stringify(panels.map(({ panel }) => panel.json['links']))
    expect(ALERT_NAMES.filter((name) => !text.includes(`/${name}.md`))).toEqual([])
  })
})

describe('every panel', () => {
  it('has a unique id', () => {
    for (const dashboard of dashboards) {
      const ids = dashboard.panels.map(({ id }) => id)
      expect(ids).not.toContain(null)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })

  it('has a description, normal values and an action', () => {
    for (const { uid, title, panel } of panels) {
      expect(panel.description, `${uid}, ${title}`).toMatch(
        /^.+\n\n\*\*Normal:\*\* .+\n\n\*\*Else:\*\* .+$/s,
      )
    }
  })

  it('explains absent data instead of showing 0', () => {
    for (const { uid, title, panel } of panels) {
      expect(panel.noValue, `${uid}, ${title}`).not.toMatch(/^[\d\s]*$/)
      for (const { expr } of panel.targets) expect(expr).not.toMatch(/or\s+(on\s*\(\)\s*)?vector\(/)
    }
  })

  it('shows gaps and has a step of at least the scrape interval', () => {
    for (const { uid, title, panel } of panels) {
      const where = `${uid}, ${title}`
      expect(['5s', '15s'], where).toContain(panel.interval)
      if (!['timeseries', 'state-timeline'].includes(panel.type)) continue
      const { custom } = object(object(panel.json['fieldConfig'])['defaults'])
      expect(object(custom)['spanNulls'], where).toBe(false)
    }
  })

  it('queries exemplars only for lags', () => {
    const withExemplars = targets.filter(({ target }) => target.hasExemplars)
    expect(withExemplars.length).toBeGreaterThan(0)
    for (const { target } of withExemplars)
      expect(target.expr).toContain(`${metric.pipelineLag}_bucket`)
  })
})

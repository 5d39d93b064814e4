import { describe, expect, it } from 'vitest'
import { list, object, readDashboards } from '../../../tools/ops/dashboards/dashboard-model.ts'
import { needs } from '../../support/needs.ts'
import { answerProblems, exprOf, type GivenSeries, type WantedSample } from './panel-answers.ts'

const MARKET = 'orderbook-market'
const dashboard = readDashboards().find(({ uid }) => uid === MARKET)
const panels = dashboard?.panels ?? []
const graphs = panels.filter(({ type }) => type === 'timeseries')
const PRODUCERS = ['producer-1:9464', 'producer-2:9464'].map(
  (instance) => `job="orderbook",instance="${instance}"`,
)

async function check(
  given: readonly GivenSeries[],
  [title, refId]: readonly [title: string, refId: string],
  wanted: readonly WantedSample[],
): Promise<void> {
  expect(await answerProblems(given, exprOf(MARKET, title, refId), '5m', wanted)).toEqual([])
}

const ofA = (name: string, value: number, more = ''): GivenSeries => ({
  name,
  labels: `instrument="A"${more}`,
  values: `${value}x100`,
})

describe('the market', () => {
  it('has price and imbalance on the first screen, open', () => {
    const rows = list(dashboard?.json['panels'])
    const bottom = (title: string) => {
      const { y = 99, h = 0 } = object(rows.find((one) => one['title'] === title)?.['gridPos'])
      return Number(y) + Number(h)
    }
    // 24 rows of 36 pixels are a screen of 1080 less the header.
    expect(bottom('Price')).toBeLessThanOrEqual(24)
    expect(bottom('Imbalance over $window')).toBeLessThanOrEqual(24)
    const table = panels.find(({ title }) => title === 'Books now')
    expect(JSON.stringify(table?.json['options'])).toContain('instrument')
    expect(JSON.stringify(table?.json['transformations'])).toContain('"imbalance"')
  })

  it('draws every imbalance from -1 to 1, not as a percentage', () => {
    const imbalances = graphs.filter(({ targets }) =>
      targets.some(({ expr }) => /(_|\b)(imbalance|imbalance_window)_ratio\{/.test(expr)),
    )
    const bounded = imbalances.filter(({ title }) => !title.startsWith('Order flow'))
    expect(bounded.length).toBe(4)
    for (const { title, json } of bounded) {
      const { defaults } = object(json['fieldConfig'])
      expect(defaults, title).toMatchObject({ unit: 'none', min: -1, max: 1 })
    }
  })

  it('fills the band between the lines that it has', () => {
    const { json, targets } = panels.find(({ title }) => title.startsWith('Imbalance over')) ?? {}
    const overrides = list(object(json?.['fieldConfig'])['overrides'])
    const filled = overrides.filter((one) => JSON.stringify(one).includes('fillBelowTo'))
    expect(filled).toHaveLength(1)
    const lower = list(filled[0]?.['properties']).find(({ id }) => id === 'custom.fillBelowTo')
    const legends = targets?.map(({ legendFormat }) => legendFormat)
    expect(legends).toContain(lower?.['value'])
    expect(legends).toContain(object(filled[0]?.['matcher'])['options'])
  })

  it('names a line of an instrument by it alone, so that its colour is the same in all graphs', () => {
    const [signals] = list(dashboard?.json['panels']).filter(
      ({ title }) => title === 'Does it predict',
    )
    const ofSignals = list(signals?.['panels']).map(({ title }) => title)
    for (const { title, targets, json } of graphs) {
      const own = targets.filter(({ legendFormat }) => legendFormat.includes('{{instrument}}'))
      if (own.length === 0 || ofSignals.includes(title)) continue
      expect(own.map(({ legendFormat }) => legendFormat)).toEqual(['{{instrument}}'])
      const { color } = object(object(json['fieldConfig'])['defaults'])
      expect(color, title).toMatchObject({ mode: 'palette-classic-by-name' })
    }
  })

  it('draws bid and buy green, ask and sell red', () => {
    const GREEN = ['bid', 'buy']
    for (const { title, targets, json } of graphs) {
      const overrides = list(object(json['fieldConfig'])['overrides'])
      for (const { legendFormat } of targets) {
        const [word = ''] = legendFormat.split(' ')
        if (!['bid', 'ask', 'buy', 'sell'].includes(word)) continue
        const own = overrides.filter(({ matcher }) => {
          const pattern = String(object(matcher)['options']).slice(1, -1)
          return new RegExp(pattern).test(legendFormat)
        })
        const color = list(own[0]?.['properties']).find(({ id }) => id === 'color')
        expect(object(color?.['value'])['fixedColor'], title).toBe(
          GREEN.includes(word) ? 'green' : 'red',
        )
      }
    }
  })

  it('links each book to its live page', () => {
    const table = panels.find(({ title }) => title === 'Books now')
    expect(JSON.stringify(table?.json['fieldConfig'])).toContain(
      '${api:raw}/#${__data.fields.instrument}',
    )
  })
})

describe('the numbers of the market', needs('promtool'), () => {
  it('have the spread in ticks where several producers know the tick size', async () => {
    const given = [
      ofA('orderbook_spread', 1.5),
      ...PRODUCERS.map((of) => ({ ...ofA('orderbook_tick_size', 0.5), of })),
    ]
    await check(given, ['Spread in ticks', 'A'], [{ labels: '{instrument="A"}', value: 3 }])
    await check(given, ['Books now', 'H'], [{ labels: '{instrument="A"}', value: 3 }])
  })

  it('have the amount unit in the legend, and are there without it', async () => {
    const depth = ofA('orderbook_depth_amount', 4, ',side="bid",band_bps="1"')
    const info = PRODUCERS.map((of) => ({
      ...ofA('orderbook_instrument_info', 1, ',amount_unit="USD"'),
      of,
    }))
    const title = 'Depth within $band_bps bp'
    await check([depth], [title, 'A'], [{ labels: '{instrument="A"}', value: 4 }])
    await check(
      [depth, ...info],
      [title, 'A'],
      [{ labels: '{instrument="A",amount_unit="USD"}', value: 4 }],
    )
  })

  it('say at the top which are missing with core detail, whatever the state of the book', async () => {
    const title = 'Which numbers are here'
    const value = (wanted: number) => [{ labels: '{}', value: wanted }]
    await check([ofA('orderbook_up', 0)], [title, 'A'], value(1))
    await check([ofA('orderbook_up', 1)], [title, 'A'], value(1))
    await check([ofA('orderbook_up', 0), ofA('orderbook_partition', 0)], [title, 'A'], value(2))
    await check([], [title, 'A'], [])
  })

  it('compare with the mean of the range, so that a book that began later has a line', async () => {
    const late = { name: 'orderbook_mid_price', labels: 'instrument="A"', values: '_x49 100x50' }
    await check(
      [late],
      ['Mid-price against its mean in this time', 'A'],
      [{ labels: '{instrument="A"}', value: 0 }],
    )
  })
})

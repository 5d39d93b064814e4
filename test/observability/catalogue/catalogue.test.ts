import { describe, expect, it } from 'vitest'
import { BOOK_STATES, HALT_REASONS } from '../../../src/model/status.ts'
import * as catalogue from '../../../src/observability/catalogue/catalogue.ts'
import { LAG_BUCKETS_SECONDS } from '../../../src/observability/catalogue/histogram-buckets.ts'
import { METRIC_GROUPS } from '../../../tools/docs/metric-groups.ts'

const definitions = METRIC_GROUPS.flatMap((group) => group.definitions)
const byName = definitions.map((definition) => [definition.name, definition] as const)

describe('the catalogue', () => {
  it('has every definition in exactly one group', () => {
    expect(new Set(definitions)).toEqual(new Set(Object.values(catalogue)))
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length)
  })

  it('names each constant after its metric, without time unit and suffix', () => {
    for (const [constant, { name }] of Object.entries(catalogue)) {
      const words = name.replace(/^orderbook_/, '').replace(/_total$/, '')
      const short = words.replace(/_seconds$/, '')
      const camel = short.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
      expect(constant).toBe(camel)
    }
  })

  it('has unique family names in OpenMetrics, where counters lose their suffix', () => {
    const families = definitions.map(({ name }) => name.replace(/_total$/, ''))
    expect(new Set(families).size).toBe(families.length)
  })

  describe.each(byName)('%s', (name, definition) => {
    it('has standard names: snake case, base unit last, total for counters only', () => {
      expect(name).toMatch(/^orderbook(_[a-z]+)+$/)
      // A slope is in basis points per unit of imbalance: its name is fixed.
      if (name === 'orderbook_signal_slope_bps') return
      expect(name).not.toMatch(/_(ms|milliseconds|percent|bps|count|sum|bucket|counter|gauge)(_|$)/)
      expect(name.endsWith('_total')).toBe(definition.type === 'counter')
      const family = name.replace(/_total$/, '')
      for (const unit of ['seconds', 'bytes', 'ratio']) {
        expect(family.endsWith(`_${unit}`)).toBe(definition.unit === unit)
      }
    })

    it('has help texts of one phrase of at most 15 words that match the type', () => {
      const { help, type } = definition
      expect(help).toMatch(/^[A-Z0-9][^\n]*\.$/)
      expect(help.split(' ').length).toBeLessThanOrEqual(15)
      expect(help).not.toContain('Normal:')
      if (type !== 'counter') expect(help).not.toMatch(/^(Number of|Total)\b/)
      if (type !== 'histogram') expect(help).not.toMatch(/histogram|distribution/i)
    })

    it('has the unit in the name or the help, and a normal value except for market metrics', () => {
      const { help, unit, normal } = definition
      if (unit === 'seconds' || unit === 'bytes' || unit === 'ratio' || unit === 'records') {
        expect(`${name} ${help.toLowerCase()}`).toContain(unit)
      }
      const isMarket = 'detail' in definition
      const isInfo = name.endsWith('_info')
      if (!isMarket && !isInfo) expect(normal).toMatch(/^\S/)
    })

    it('has labels in snake case that the formats do not reserve', () => {
      for (const label of Object.keys(definition.labels)) {
        expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/)
        expect(['le', 'quantile', 'job', 'instance', 'type', 'env', 'service']).not.toContain(label)
      }
    })
  })

  it('has ascending finite buckets', () => {
    for (const definition of definitions) {
      if (definition.type !== 'histogram') continue
      const { buckets } = definition
      expect(buckets).toEqual([...new Set(buckets)].toSorted((a, b) => a - b))
      expect(buckets.every(Number.isFinite)).toBe(true)
    }
    expect(LAG_BUCKETS_SECONDS).toContain(0.5)
  })

  it('contains the states and the halting reasons of the books', () => {
    expect(catalogue.state.labels.state).toEqual(BOOK_STATES)
    expect(catalogue.instruments.labels.state).toEqual(BOOK_STATES)
    for (const reason of HALT_REASONS) expect(catalogue.state.labels.reason).toContain(reason)
  })
})

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DASHBOARDS } from '../../grafana/src/dashboards.ts'
import { RULE_FILES } from '../../prometheus/src/rule-files.ts'
import type { Role } from '../../src/model/pipeline.ts'
import {
  type LabelSpec,
  type MetricDefinition,
  OPEN,
} from '../../src/observability/catalogue/definition.ts'
import * as numbersMetrics from '../../src/observability/catalogue/numbers.ts'
import { METRIC_GROUPS } from '../../tools/docs/metric-groups.ts'
import { selectorsOf } from '../../tools/ops/dashboards/promql.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type Reader, startService, startSimulator } from './running-service.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
const DEFINITIONS: readonly MetricDefinition[] = METRIC_GROUPS.flatMap(
  ({ definitions }) => definitions,
)

const NUMBERS = new Set<string>(Object.values(numbersMetrics).map(({ name }) => name))

/** Lag stages of a role; the label of `pipelineLag` has all of them. */
const STAGES: Readonly<Record<Exclude<Role, 'all'>, readonly string[]>> = {
  producer: ['exchange_to_receive', 'receive_to_send', 'send_to_ack'],
  consumer: ['receive_to_consume', 'consume_to_publish', 'receive_to_publish', 'total'],
}

/** Open labels with values that are known before anything happens; those of the others (route, status) are not. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  topic: ['prices', 'trades'],
  instrument: [INSTRUMENT],
  metric: ['orderbook_http_request_duration_seconds'],
}

const alertExpressions = Object.values(RULE_FILES)
  .flat()
  .flatMap((group) => group.rules.map(({ expr }) => expr))

function readBy(expressions: readonly string[], role: Role): MetricDefinition[] {
  const names = new Set(
    expressions
      .flatMap(selectorsOf)
      .filter(({ call }) => call === 'rate' || call === 'increase')
      .map(({ name }) => name.replace(/_(bucket|count|sum)$/, '')),
  )
  return DEFINITIONS.filter(
    ({ name, type, role: side }) =>
      type !== 'gauge' &&
      names.has(name) &&
      (role === 'all' || side === 'both' || side === role) &&
      // The in-process topic has no topic of numbers.
      (role !== 'all' || !NUMBERS.has(name)),
  )
}

/** Every series of a counter or histogram after the start of a service. */
function expectedSeries({ name, type, labels }: MetricDefinition, role: Role): string[] {
  const suffix = type === 'histogram' ? '_count' : ''
  return labelSets(labels, role).map((text) => `${name}${suffix}{${text}}`)
}

function labelSets(spec: LabelSpec, role: Role): string[] {
  let sets: string[][] = [[]]
  for (const [label, allowed] of Object.entries(spec)) {
    let values = allowed === OPEN ? (KNOWN[label] ?? []) : allowed
    // Series of a consumer belong to its partitions; without a broker it has none.
    if (label === 'instrument' && role === 'consumer') values = []
    if (label === 'stage' && role !== 'all') {
      values = values.filter((value) => STAGES[role].includes(value))
    }
    sets = sets.flatMap((set) => values.map((value) => [...set, `${label}=${value}`]))
  }
  return sets.map((set) => set.join(','))
}

/** A service without an exchange and, except for `all`, with a broker that is unreachable. */
async function startUnreached(role: Role) {
  const nobody = `127.0.0.1:${await freePort()}`
  return startService({
    ROLE: role,
    DERIBIT_URL: `ws://${nobody}`,
    INSTRUMENTS: INSTRUMENT,
    BOOK_MODE: 'incremental',
    ...(role === 'all' ? {} : { KAFKA_BROKERS: nobody }),
    ...(role === 'consumer' ? { KAFKA_NUMBERS_TOPIC: 'numbers' } : {}),
  })
}

/** A consumer of the in-process topic has joined when it has started. */
const JOIN_SERIES = 'orderbook_consumer_rebalances_total{reason=join}'
const GAP_SERIES = `orderbook_gaps_total{instrument=${INSTRUMENT}}`

describe.each(['all', 'producer', 'consumer'] as const)('a fresh service, role %s', (role) => {
  it('has every counter that an alert reads, at 0', async () => {
    const service = await startUnreached(role)
    const { series } = await service.metrics()
    const wanted = readBy(alertExpressions, role).flatMap((metric) => expectedSeries(metric, role))
    expect(wanted.length).toBeGreaterThan(7)
    expect(wanted.filter((name) => !series.has(name))).toEqual([])
    expect(wanted.filter((name) => name !== JOIN_SERIES && series.get(name) !== 0)).toEqual([])
  })

  it('has every counter that a dashboard reads', async () => {
    const service = await startUnreached(role)
    const { series } = await service.metrics()
    const expressions = JSON.stringify(DASHBOARDS).match(/"expr":"(?:[^"\\]|\\.)*"/g) ?? []
    const texts = expressions.map((text) => JSON.parse(text.slice('"expr":'.length)) as string)
    const wanted = readBy(texts, role).flatMap((metric) => expectedSeries(metric, role))
    expect(wanted.length).toBeGreaterThan(12)
    expect(wanted.filter((name) => !series.has(name))).toEqual([])
  })
})

/** Evaluates an expression in Prometheus after two scrapes of the service. */
function evaluate(expr: string, first: string, second: string): string {
  const folder = temporaryFolder()
  const file = join(folder, 'test.json')
  const input = {
    rule_files: [],
    evaluation_interval: '5s',
    tests: [
      {
        interval: '5s',
        input_series: [
          {
            series: `orderbook_gaps_total{instrument="${INSTRUMENT}"}`,
            values: `${first} ${second}`,
          },
        ],
        promql_expr_test: [{ expr, eval_time: '5s', exp_samples: [] }],
      },
    ],
  }
  writeFileSync(file, JSON.stringify(input))
  const { stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  return stdout + stderr
}

const valueOf = async (service: Reader) => String((await service.value(GAP_SERIES)) ?? '_')

describe('gaps of an instrument', () => {
  it(
    'start at 0 with the subscription, so that the first one is an increase',
    needs('promtool'),
    async () => {
      const simulator = await startSimulator({ instruments: [INSTRUMENT], ratePerSecond: 20 })
      const service = await startService({
        DERIBIT_URL: simulator.url,
        INSTRUMENTS: INSTRUMENT,
        BOOK_MODE: 'incremental',
      })
      await eventually(async () => (await service.state(INSTRUMENT)) === 'live')
      const first = await valueOf(service)
      expect(first).toBe('0')
      simulator.faults.set('gap=5')
      await eventually(async () => Number(await valueOf(service)) > 0)
      const output = evaluate(
        `increase(orderbook_gaps_total[1m]) > 0`,
        first,
        await valueOf(service),
      )
      expect(output).toMatch(/got:.*instrument="BTC-PERPETUAL"/s)
    },
  )

  it('do not exist in grouped mode, which has no sequence', async () => {
    const simulator = await startSimulator({ instruments: [INSTRUMENT] })
    const service = await startService({ DERIBIT_URL: simulator.url, INSTRUMENTS: INSTRUMENT })
    await eventually(async () => (await service.state(INSTRUMENT)) === 'live')
    expect(await service.value(GAP_SERIES)).toBeUndefined()
  })

  it('disappear with the instrument', async () => {
    const simulator = await startSimulator({ instruments: [INSTRUMENT, 'ETH-PERPETUAL'] })
    const service = await startService({
      DERIBIT_URL: simulator.url,
      INSTRUMENTS: `${INSTRUMENT},ETH-PERPETUAL`,
      BOOK_MODE: 'incremental',
    })
    await eventually(async () => (await service.state('ETH-PERPETUAL')) === 'live')
    expect(await service.value('orderbook_gaps_total{instrument=ETH-PERPETUAL}')).toBe(0)
    simulator.faults.set('expiry=200@ETH-PERPETUAL')
    await eventually(async () => {
      expect(await service.value('orderbook_gaps_total{instrument=ETH-PERPETUAL}')).toBeUndefined()
    })
    expect(await valueOf(service)).toBe('0')
  })
})

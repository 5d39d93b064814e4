import { spawnSync } from 'node:child_process'
import { delimiter } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { DISCARD_REASONS, type Estimate, type SignalAxes } from '../../src/model/signals.ts'
import type { SignalsView } from '../../src/model/snapshot.ts'
import type { RecordHeaders } from '../../src/model/topic.ts'
import { processFixture, STALE_AFTER_MS } from '../process/process-fixture.ts'
import { pythonPackages } from '../support/python-packages.ts'

const NUMPY = 'numpy==2.3.5'
const SCRIPT = fileURLToPath(new URL('signals_reference.py', import.meta.url))
const TOLERANCE = 1e-9

/** One record of a topic, and when it arrived. */
export interface SignalRecord {
  readonly instrument: string
  readonly isTrades: boolean
  readonly raw: string
  readonly arrivedMs: number
  readonly headers?: RecordHeaders
}

/** Numbers of the service, in the shape of the reference's answers. */
export interface SignalAnswer {
  readonly instrument: string
  readonly atMs: number
  readonly numbers: unknown
}

export interface PlayedSignals {
  readonly answers: readonly SignalAnswer[]
  readonly views: readonly SignalsView[]
}

/**
 * Sends records through processing and reads the signals at the given positions and at the end.
 * @param onRecord whether to read after every record too, which must change nothing
 */
export function playSignals(
  records: readonly SignalRecord[],
  axes: SignalAxes,
  { readsEach = false, positions = [] as readonly number[] } = {},
): PlayedSignals {
  const fixture = processFixture({
    imbalanceDepths: [...axes.depths],
    signals: { mode: 'on', axes },
  })
  const first = records[0]?.arrivedMs ?? 0
  const shiftMs = fixture.clock.nowMs() - first
  fixture.clock.stepWall(-shiftMs)
  const answers: SignalAnswer[] = []
  const views: SignalsView[] = []
  const names = new Set(
    records.filter(({ isTrades }) => !isTrades).map((record) => record.instrument),
  )
  const readAll = (): void => {
    for (const instrument of names) {
      const view = fixture.store.signals(instrument)
      const summary = fixture.store.summary(instrument)
      const numbers = view?.numbers ?? null
      if (view === undefined || view === null || numbers === null) continue
      if (summary === undefined || summary === null) continue
      views.push(view)
      const atMs = summary.exchangeTimeMs
      const discarded = Object.fromEntries(
        DISCARD_REASONS.map((reason) => [reason, fixture.discardedSamples(reason)]),
      )
      answers.push({ instrument, atMs, numbers: shapeOf(view, discarded) })
    }
  }
  for (const [index, record] of records.entries()) {
    fixture.clock.advance(record.arrivedMs - fixture.clock.nowMs())
    fixture.send(record.raw, {
      key: record.instrument,
      ...(record.isTrades ? { topic: 'trades' } : {}),
      ...(record.headers === undefined ? {} : { headers: record.headers }),
    })
    if (readsEach) fixture.store.signals(record.instrument)
    if (positions.includes(index)) readAll()
  }
  readAll()
  return { answers, views }
}

/** Runs the reference over the same records, with readings at the same positions. */
export async function askReference(
  records: readonly SignalRecord[],
  axes: SignalAxes,
  answers: readonly SignalAnswer[],
  positions: readonly number[] = [],
): Promise<unknown[]> {
  const packages = await pythonPackages(NUMPY)
  const names = [...new Set(answers.map(({ instrument }) => instrument))]
  const lines: unknown[] = [{ ...axes, staleAfterMs: STALE_AFTER_MS }]
  let next = 0
  const ask = (): void => {
    for (const { instrument, atMs } of answers.slice(next, next + names.length)) {
      lines.push({ read: instrument, atMs })
    }
    next += names.length
  }
  for (const [index, record] of records.entries()) {
    lines.push({ value: record.raw, recordMs: record.arrivedMs, headers: record.headers })
    if (positions.includes(index)) ask()
  }
  ask()
  const { status, stdout, stderr } = spawnSync('python3', [SCRIPT], {
    input: lines.map((line) => JSON.stringify(line)).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      PYTHONPATH: [packages, process.env['PYTHONPATH'] ?? ''].join(delimiter),
    },
  })
  expect(status, stderr).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

/** Compares every number, those that are absent included. */
export function expectAgreement(mine: unknown, reference: unknown, path = ''): void {
  if (typeof reference === 'number' && typeof mine === 'number') {
    const limit = path.endsWith('microPrice')
      ? TOLERANCE
      : TOLERANCE * Math.max(1, Math.abs(reference))
    expect(Math.abs(mine - reference), `${path}: ${mine} and ${reference}`).toBeLessThanOrEqual(
      limit,
    )
  } else if (Array.isArray(reference) && Array.isArray(mine)) {
    expect(mine.length, path).toBe(reference.length)
    for (const [index, value] of reference.entries()) {
      expectAgreement(mine[index], value, `${path}[${index}]`)
    }
  } else if (isRecord(reference) && isRecord(mine)) {
    expect(Object.keys(mine).sort(), path).toEqual(Object.keys(reference).sort())
    for (const [name, value] of Object.entries(reference)) {
      expectAgreement(mine[name], value, `${path}.${name}`)
    }
  } else {
    expect(mine, path).toBe(reference)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function shapeOf(view: SignalsView, discarded: Record<string, number>): unknown {
  const { numbers, calibrations } = view
  if (numbers === null) return null
  const { nextMove, trades } = numbers
  return {
    nextMove: { counts: nextMove.counts, estimate: listed(nextMove.estimate) },
    horizons: numbers.horizons.map(({ depths, forecasts }, horizon) => ({
      depths: depths.map((depth, index) => ({
        counts: depth.strengths.map(({ counts }) => [counts.hit, counts.miss, counts.unmoved]),
        rate: listed(depth.hitRate.estimate),
        samples: depth.samples,
        correlation: listed(depth.correlation),
        slopeBps: depth.slopeBps,
        calibration:
          calibrations?.[horizon]?.[index]?.map((decile) => [
            decile.samples,
            decile.imbalanceMean,
            decile.returnMeanBps,
          ]) ?? null,
      })),
      forecasts: forecasts.map(({ samples, errorRatio }) => [samples, errorRatio]),
    })),
    costs: [
      [trades.effectiveTrades, trades.effectiveSpreadBps],
      ...numbers.horizons.map((h) => [h.realizedTrades, h.realizedSpreadBps]),
    ],
    trades: (['buy', 'sell'] as const).map((side) => [
      trades.totals[side].count,
      trades.totals[side].amount,
    ]),
    discarded: Object.fromEntries(Object.entries(discarded).filter(([, count]) => count > 0)),
    microPrice: numbers.microPrice,
  }
}

function listed(estimate: Estimate | null): number[] | null {
  return estimate === null ? null : [estimate.value, estimate.interval.low, estimate.interval.high]
}

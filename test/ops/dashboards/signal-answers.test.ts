import { describe, expect, it } from 'vitest'
import { needs } from '../../support/needs.ts'
import { answerProblems, exprOf, type GivenSeries } from './panel-answers.ts'

const Z = 1.96
/** More than the hour of the panels' range; a sample every 5 s. */
const AT = '70m'
const STEPS_AN_HOUR = 720

/** A counter that grows by this much in an hour. */
const grown = (name: string, anHour: number, labels: string): GivenSeries => ({
  name,
  labels: `instrument="A",${labels}`,
  values: `0+${anHour / STEPS_AN_HOUR}x1000`,
})

/** Wilson's interval as in "Probable inference" (1927): roots of (p - x)^2 = z^2 x (1 - x) / n. */
function wilson(share: number, cases: number): [low: number, high: number] {
  const square = Z ** 2
  const [a, b, c] = [cases + square, -(2 * cases * share + square), cases * share ** 2]
  const root = Math.sqrt(b ** 2 - 4 * a * c)
  return [(-b - root) / (2 * a), (-b + root) / (2 * a)]
}

async function check(
  given: readonly GivenSeries[],
  title: string,
  wanted: readonly (number | null)[],
  labels: string,
): Promise<void> {
  for (const [index, refId] of ['A', 'B', 'C'].entries()) {
    const value = wanted[index] ?? null
    const expr = `abs((${exprOf('orderbook-market', title, refId)}) - ${value ?? 0}) < bool 1e-6`
    const answer = value === null ? [] : [{ labels, value: 1 }]
    expect(await answerProblems(given, expr, AT, answer), `${title} ${refId}`).toEqual([])
  }
}

describe('the hit rates of the market dashboard', needs('promtool'), () => {
  const nextMoves = (hits: number, misses: number) => [
    grown('orderbook_signal_next_move_total', hits, 'outcome="hit"'),
    grown('orderbook_signal_next_move_total', misses, 'outcome="miss"'),
    grown('orderbook_signal_next_move_total', 500, 'outcome="neutral"'),
  ]
  const outcomes = (hits: number, misses: number) =>
    [
      ['strong', 0.25],
      ['weak', 0.75],
    ].flatMap(([strength, share]) => {
      const labels = (outcome: string) =>
        `depth="1",horizon="10s",strength="${strength}",outcome="${outcome}"`
      return [
        grown('orderbook_signal_outcomes_total', hits * Number(share), labels('hit')),
        grown('orderbook_signal_outcomes_total', misses * Number(share), labels('miss')),
        grown('orderbook_signal_outcomes_total', 900, labels('unmoved')),
      ]
    })

  it('are the share of hits with its Wilson interval', async () => {
    const wanted = [0.7, ...wilson(0.7, 360)]
    await check(nextMoves(252, 108), 'Hit rate of the next move', wanted, '{instrument="A"}')
  })

  it('count a case of a horizon only in part, as its samples overlap', async () => {
    const labels = '{horizon="10s", instrument="A"}'
    // 3,600 samples 10 s ahead are 360 independent cases.
    const wanted = [0.55, ...wilson(0.55, 360)]
    await check(outcomes(1980, 1620), 'Hit rate by horizon', wanted, labels)
  })

  it('are absent below 100 effective cases', async () => {
    await check(nextMoves(60, 39), 'Hit rate of the next move', [null, null, null], '')
    await check(outcomes(600, 390), 'Hit rate by horizon', [null, null, null], '')
  })
})

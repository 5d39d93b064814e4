import { describe, expect, it } from 'vitest'
import { needs } from '../../support/needs.ts'
import { answerProblems, exprOf, type GivenSeries, type WantedSample } from './panel-answers.ts'

const OVERVIEW = 'orderbook-overview'
const TABLE = 'Books, failing first'
/** Two consumers of the same book are redundant. */
const SECOND = 'job="orderbook",instance="consumer-2:9464"'

/** A book in one state throughout, from 0 on. */
function book(instrument: string, state: string, of?: string): GivenSeries[] {
  const labels = `instrument="${instrument}"`
  const where = of === undefined ? {} : { of }
  return [
    { name: 'orderbook_up', labels, values: `${state === 'live' ? 1 : 0}x200`, ...where },
    {
      name: 'orderbook_state',
      labels: `${labels},state="${state}",reason="${state === 'live' ? '' : state}"`,
      values: '1x200',
      ...where,
    },
    {
      name: 'orderbook_state_since_timestamp_seconds',
      labels,
      values: '100x200',
      ...where,
    },
  ]
}

const alert = (name: string, severity: string, instrument: string): GivenSeries => ({
  name: 'ALERTS',
  labels: `alertname="${name}",alertstate="firing",severity="${severity}",instrument="${instrument}"`,
  values: '1x200',
})

async function check(
  given: readonly GivenSeries[],
  [title, refId]: readonly [title: string, refId: string],
  wanted: readonly WantedSample[],
): Promise<void> {
  expect(await answerProblems(given, exprOf(OVERVIEW, title, refId), '10m', wanted)).toEqual([])
}

const only = (value: number): WantedSample[] => [{ labels: '{}', value }]

describe('the overview', needs('promtool'), () => {
  it('does not count one-sided and halted books as not live', async () => {
    const given = [...book('A', 'live'), ...book('B', 'one_sided'), ...book('C', 'halted')]
    await check(given, ['Books', 'A'], only(1))
    await check(given, ['Books', 'B'], only(2))
    await check(given, ['Books', 'C'], only(0))
    await check(given, ['Longest time not live', 'A'], only(0))
  })

  it.each(['stale', 'gap', 'waiting', 'invalid', 'catching_up'])(
    'counts a book that is %s as not live, and says for how long',
    async (state) => {
      const given = [...book('A', 'live'), ...book('B', state)]
      await check(given, ['Books', 'C'], only(1))
      await check(given, ['Longest time not live', 'A'], only(500))
    },
  )

  it('counts a book as live while one of two processes serves it', async () => {
    const given = [...book('A', 'stale'), ...book('A', 'live', SECOND)]
    await check(given, ['Books', 'A'], only(1))
    await check(given, ['Books', 'C'], only(0))
  })

  it('shows no number without a process, rather than 0', async () => {
    for (const refId of ['A', 'B', 'C']) await check([], ['Books', refId], [])
    await check([], ['Longest time not live', 'A'], [])
    await check([], ['Alerts', 'A'], [])
  })

  it('names failing books before those that the exchange excuses, and those before live ones', async () => {
    const given = [
      ...Array.from({ length: 60 }, (_, index) => book(`L${index}`, 'live')).flat(),
      ...Array.from({ length: 30 }, (_, index) => book(`O${index}`, 'one_sided')).flat(),
      ...Array.from({ length: 25 }, (_, index) => book(`S${index}`, 'stale')).flat(),
    ]
    const severity = exprOf(OVERVIEW, TABLE, 'B')
    const counted = `count_values("severity", ${severity.replaceAll('\n', ' ')})`
    const wanted = [
      { labels: '{severity="2"}', value: 25 },
      { labels: '{severity="1"}', value: 25 },
    ]
    expect(await answerProblems(given, counted, '10m', wanted)).toEqual([])
  })

  it('has the same books in each column of the table', async () => {
    const given = Array.from({ length: 60 }, (_, index) => book(`S${index}`, 'stale')).flat()
    const [states = '', times = ''] = ['A', 'C'].map((refId) => exprOf(OVERVIEW, TABLE, refId))
    const both = `count((${states}) and on (instrument, instance) (${times}))`
    expect(await answerProblems(given, both, '10m', only(50))).toEqual([])
  })

  it('draws the 20 books that were not live for longest, however many failed', async () => {
    const failing = Array.from({ length: 40 }, (_, index) => {
      // Book 39 failed for longest, and has recovered.
      const values = `${'_ '.repeat(40 - index)}1x${40 + index} stale`
      const labels = `instrument="S${index}",state="stale",reason="unverified"`
      const recorded = { labels: `instrument="S${index}"`, values, of: 'job="orderbook"' }
      return [
        { name: 'orderbook_state', labels, values },
        { name: 'job_instrument:orderbook_failing:bool', ...recorded },
      ]
    }).flat()
    const given = [...failing, ...book('L', 'live')]
    const expr = exprOf(OVERVIEW, 'State of the books', 'A')
    // At 3 minutes all of them fail.
    const counted = `count((${expr.replaceAll('@ end()', '@ 600')}) >= 0)`
    expect(await answerProblems(given, counted, '195s', only(20))).toEqual([])
    const longest = `count(((${expr.replaceAll('@ end()', '@ 600')}) >= 0) and on (instrument) label_replace(vector(1), "instrument", "S39", "", ""))`
    expect(await answerProblems(given, longest, '195s', only(1))).toEqual([])
  })

  it('has a few rows for an alert of 300 books, with their number', async () => {
    const given = [
      ...Array.from({ length: 300 }, (_, index) => alert('OrderBookStale', 'warning', `B${index}`)),
      alert('OrderBookBooksMissing', 'critical', ''),
    ]
    const rows = exprOf(OVERVIEW, 'Firing alerts', 'A')
    const counted = `count_values by (alertname) ("of_all", ${rows})`
    const wanted = [
      { labels: '{alertname="OrderBookBooksMissing",of_all="1"}', value: 1 },
      { labels: '{alertname="OrderBookStale",of_all="300"}', value: 3 },
    ]
    expect(await answerProblems(given, counted, '10m', wanted)).toEqual([])
    await check(given, ['Alerts', 'A'], only(1))
    await check(given, ['Alerts', 'B'], only(1))
  })

  it('marks an alert of 300 books in the graphs once', async () => {
    const given = Array.from({ length: 300 }, (_, index) =>
      alert('OrderBookStale', 'warning', `B${index}`),
    )
    await check(
      given,
      ['Alerts', 'annotation'],
      [{ labels: '{alertname="OrderBookStale",severity="warning"}', value: 1 }],
    )
  })

  describe('marks of versions', () => {
    const built = (version: string, values: string, instance = 'consumer-1'): GivenSeries => ({
      name: 'orderbook_build_info',
      labels: `role="all",version="${version}",node="24"`,
      values,
      of: `job="orderbook",instance="${instance}:9464"`,
    })
    const wanted = [{ labels: '{job="orderbook",role="all",version="2"}', value: 1 }]
    const at = async (given: readonly GivenSeries[], time: string, marks: WantedSample[]) => {
      const expr = exprOf(OVERVIEW, 'Versions', 'annotation')
      expect(await answerProblems(given, expr, time, marks)).toEqual([])
    }

    it('appear when a process comes back with another version, for a minute', async () => {
      // Two minutes of the one, half a minute of nothing, the other.
      const given = [built('1', '1x23 stale'), built('2', '_x29 1x200')]
      await at(given, '100s', [])
      await at(given, '155s', wanted)
      await at(given, '240s', [])
    })

    it('appear when new processes replace old ones under new addresses', async () => {
      const given = [built('1', '1x40 stale'), built('2', '_x29 1x200', 'consumer-2')]
      await at(given, '155s', wanted)
    })

    it('do not appear for a restart of the same version, nor at the first start', async () => {
      await at([built('2', '1x23 stale _x5 1x200')], '155s', [])
      await at([built('2', '1x200')], '10s', [])
    })
  })
})

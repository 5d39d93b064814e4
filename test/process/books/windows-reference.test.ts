import { describe, expect, it } from 'vitest'
import { expectAllNear, expectSameBits } from '../../analytics/near.ts'
import { type RecordedBook, recordedLines } from '../../support/recorded-frames.ts'
import { needsRecordings } from '../../support/recordings.ts'
import { processFixture } from '../process-fixture.ts'
import { type RecordedMessage, SlowMarket } from './slow-market.ts'

const WINDOWS_MS = [1000, 10_000, 20_000, 60_000]
const BANDS_BPS = [0.5, 1, 5, 10, 25, 100]
/** Between two frames whose recorder kept no times. */
const UNKNOWN_STEP_MS = 20

interface Played {
  /** Counts of the compared readings. */
  readonly seen: unknown[]
  /** Windows of full and of partial coverage that had numbers, and bands that had, and trades. */
  readonly counts: { full: number; partial: number; bands: number; trades: number }
}

/** Sends a recording through processing, and compares the readings after each frame with the reference. */
function play(
  name: string,
  wants: (channel: string) => boolean,
  onFrame: 'compare' | 'look' | 'pass' = 'compare',
): Played {
  const fixture = processFixture({ windowsMs: WINDOWS_MS, bandsBps: BANDS_BPS })
  const reference = new SlowMarket()
  const seen: unknown[] = []
  const counts = { full: 0, partial: 0, bands: 0, trades: 0 }
  let lastMs: number | null = null
  for (const { raw, receivedTimeMs } of recordedLines(name)) {
    const { params } = JSON.parse(raw) as RecordedMessage
    const { channel, data } = params ?? {}
    if (channel === undefined || !wants(channel)) continue
    const elapsedMs = (receivedTimeMs ?? NaN) - (lastMs ?? NaN)
    fixture.clock.advance(elapsedMs >= 0 ? elapsedMs : UNKNOWN_STEP_MS)
    lastMs = receivedTimeMs
    const [, instrument = ''] = channel.split('.')
    const nowMs = fixture.clock.nowMs()
    if (channel.startsWith('trades.')) {
      fixture.send(withTradeSeq(raw), { topic: 'trades', key: instrument })
      reference.applyTrades(instrument, data as never, nowMs)
    } else {
      fixture.send(raw, { key: instrument })
      reference.applyBook(channel, data as RecordedBook, nowMs)
    }
    const view = onFrame === 'pass' ? null : fixture.store.snapshot(instrument, 1)
    if (view === undefined || view === null) continue
    seen.push({ bands: view.bands, windows: view.windows })
    if (onFrame === 'look' || view.state === 'gap') continue
    for (const [index, windowMs] of WINDOWS_MS.entries()) {
      const window = view.windows[index]
      if (window === undefined) throw new Error('a window is missing')
      expectAllNear(window, reference.window(instrument, windowMs), `${windowMs} ms after ${raw}`)
      if (window.coverage === 1) counts.full += 1
      else if (window.imbalanceMean !== null) counts.partial += 1
      if (window.tradeCount !== null) counts.trades += 1
    }
    for (const [index, bps] of BANDS_BPS.entries()) {
      const band = view.bands[index]
      if (band === undefined) throw new Error('a band is missing')
      expectAllNear(band, reference.band(instrument, bps), `${bps} bps after ${raw}`)
      if (band.imbalance !== null) counts.bands += 1
    }
  }
  seen.push(
    fixture.store.instruments().map(({ instrument }) => fixture.store.snapshot(instrument, 1)),
  )
  return { seen, counts }
}

/** The source of the recording of 2019 kept no `trade_seq`; its ids follow each other. */
function withTradeSeq(raw: string): string {
  if (raw.includes('"trade_seq"')) return raw
  return raw.replaceAll(/"trade_id":"([0-9]+)"/g, '"trade_id":"$1","trade_seq":$1')
}

const isGrouped = (channel: string) => channel.split('.').length === 5
const isChanges = (channel: string) => channel.startsWith('book.') && !isGrouped(channel)
const isMarket = (channel: string) => isChanges(channel) || channel.startsWith('trades.')

const RAW_2019 = 'btc-perpetual-raw-2019-04-01.jsonl.gz'
const DERIVED_2019 = 'btc-perpetual-100ms-2019-04-01.derived.jsonl.gz'
/** How many windows, bands and trade numbers there must be to compare. */
type Least = Partial<Played['counts']>

const RECORDINGS: [string, string, (channel: string) => boolean, Least][] = [
  [RAW_2019, 'by changes', isMarket, { full: 6000, partial: 1000, bands: 8000, trades: 100 }],
  [DERIVED_2019, 'by changes', isChanges, { full: 700, partial: 200, bands: 1000 }],
  // Ten levels reach a few basis points and no further.
  [DERIVED_2019, 'by snapshots', isGrouped, { full: 600, partial: 200, bands: 100 }],
  ['btc-perpetual-top10-2019-10-01.jsonl', 'by snapshots', isGrouped, { full: 5, bands: 50 }],
  ['options-raw-book-ticker-2021-07-22.jsonl', 'by changes', isMarket, { full: 10, bands: 5 }],
  ['futures-options-100ms-2026-09-20.jsonl', 'by changes', isMarket, { full: 40, bands: 100 }],
  ['btc-perpetual-raw-2020-06-22-testnet.jsonl', 'by changes', isMarket, { bands: 10 }],
  ['current-format-frames-2026-09.jsonl', 'by changes', isMarket, { bands: 10 }],
  ['current-format-frames-2026-09.jsonl', 'by snapshots', isGrouped, { bands: 1 }],
]

const SLOW = { ...needsRecordings(), timeout: 120_000 }

describe('bands, windows and trades after each recorded frame', SLOW, () => {
  it.each(RECORDINGS)(
    'equal a slow reference computation of the frames: %s, %s',
    (name, _how, wants, least) => {
      const { counts } = play(name, wants)
      for (const [what, count] of Object.entries(least)) {
        expect(counts[what as keyof Least], what).toBeGreaterThanOrEqual(count)
      }
    },
  )

  it.each([RAW_2019, DERIVED_2019])('give the same bits when %s is sent again', (name) => {
    const wants = name === RAW_2019 ? isMarket : isGrouped
    const first = play(name, wants, 'look').seen
    expectSameBits(play(name, wants, 'look').seen, first)
    // Even without readings in between.
    expectSameBits(play(name, wants, 'pass').seen.at(-1), first.at(-1))
  })
})

import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Pipeline, Signals, Snapshot } from '../../client/api-client.ts'
import type { Simulator } from '../../src/simulator/server/api.ts'
import type { Reader } from '../pipeline/running-service.ts'
import { HOPS } from '../../web/data/hop-means.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { expectShown, openPage, startBrowser } from './browser.ts'
import { INSTRUMENTS, startDemo } from './page-service.ts'

const FOCUS = 'BTC-PERPETUAL'

describe('the page shows the values of the API', needs('chromium'), () => {
  let browser: Browser
  let service: Reader
  let simulator: Simulator
  let page: Page

  beforeAll(async () => {
    const demo = await startDemo()
    service = demo.service
    simulator = demo.simulator
    browser = await startBrowser()
    await eventually(async () => (await service.liveCount()) === INSTRUMENTS.length)
    // First trades and changes to show; then an unchanging market, so that page and API can be
    // compared.
    await eventually(async () => (await ask(FOCUS)).windows['3s']?.tradeCount !== null)
    simulator.faults.set('still')
    page = (await openPage(browser, service.url)).page
  })

  const ask = async (instrument: string) => {
    const response = await service.get(`/api/v1/snapshots/${instrument}?depth=10`)
    return (await response.json()) as Snapshot
  }
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const text = (selector: string) => page.locator(selector).innerText()
  const texts = (selector: string) => page.locator(selector).allInnerTexts()

  it('of every instrument: state, mid-price, spread, imbalance and age', async () => {
    for (const name of INSTRUMENTS) {
      await eventually(async () => {
        const book = await ask(name)
        const row = `[data-name="${name}"]`
        expect(await text(`${row} .state`)).toBe(book.state)
        expectShown(await text(`${row} .mid`), book.midPrice, 'mid')
        expectShown(await text(`${row} .spread`), book.spreadRatio, 'spread')
        const balance = await page.locator(`${row} .second .hidden`).textContent()
        expectShown(
          (balance ?? '').replace('imbalance ', ''),
          book.imbalance['1'] ?? null,
          'balance',
        )
        const ageMs = Number((await text(`${row} .age`)).replace(' s', '')) * 1000
        expect(Math.abs(ageMs - (book.ageMs ?? Number.NaN))).toBeLessThan(1000)
      })
    }
    await eventually(
      async () => (await text('#summary')) === `all ${INSTRUMENTS.length} books live`,
    )
  })

  it('of the instrument in focus: its values and their source', async () => {
    await eventually(async () => {
      const book = await ask(FOCUS)
      expect(await text('#focus-name')).toBe(FOCUS)
      expect(await text('#book-head .badge')).toBe('live')
      expect(await text('#book-head .unit')).toBe(`amounts in ${book.amountUnit}`)
      expectShown(await text('#book-head .mid b'), book.midPrice, 'mid')
      const facts = await texts('#book-head dd')
      const [spread = '', ratio = ''] = facts[1]?.split(' · ') ?? []
      expectShown(facts[0] ?? '', book.weightedMidPrice, 'weighted mid')
      expectShown(spread, book.spread, 'spread')
      expectShown(ratio, book.spreadRatio, 'spread ratio')
      expectShown(facts[2] ?? '', book.imbalance['1'] ?? null, 'imbalance')
      expectShown((facts[4] ?? '').replace(' ms', ''), book.lagMs.total, 'lag')
    })
  })

  it('of its levels, with cumulative amounts', async () => {
    await eventually(async () => {
      const book = await ask(FOCUS)
      const sides = [
        [await texts('#ladder .asks tr'), [...book.asks].reverse(), book.asks],
        [await texts('#ladder .bids tr'), book.bids, book.bids],
      ] as const
      for (const [rows, levels, fromBest] of sides) {
        const shown = rows.map((row) => row.split('\t')).filter(([price = '']) => price !== '')
        expect(shown).toHaveLength(levels.length)
        shown.forEach(([price = '', amount = '', sum = ''], index) => {
          const level = levels[index] ?? []
          const until = fromBest.findIndex(([other]) => other === level[0])
          const total = fromBest.slice(0, until + 1).reduce((all, [, more = 0]) => all + more, 0)
          expectShown(price, level[0] ?? null, 'price')
          expectShown(amount, level[1] ?? null, 'amount')
          expectShown(sum, total, 'sum')
        })
      }
    })
  })

  it('of its imbalances and the amounts near the mid-price', async () => {
    await eventually(async () => {
      const book = await ask(FOCUS)
      const depths = await texts('.depths .words')
      expect(depths).toHaveLength(Object.keys(book.imbalance).length)
      Object.values(book.imbalance).forEach((value, index) => {
        expectShown(depths[index] ?? '', value, 'imbalance')
      })
      const byWidth = Object.keys(book.bands).sort((a, b) => Number(a) - Number(b))
      expect(await texts('.bands dt')).toEqual(byWidth.map((bps) => `${bps} bp`))
      const bands = await texts('.bands dd')
      byWidth.forEach((bps, index) => {
        const { bid = null, ask: asked = null } = book.bands[bps] ?? {}
        const shown = bands[index] ?? ''
        if (bid === null || asked === null) expect(shown).toContain('beyond the levels shown')
        else {
          const [bidText = '', askText = ''] = shown.split('\n')
          expectShown(bidText, bid, 'bids in the band')
          expectShown(askText, asked, 'asks in the band')
        }
      })
    })
  })

  it('of the windows and the last trade', async () => {
    await eventually(async () => {
      const book = await ask(FOCUS)
      const rows = await texts('#flow tbody tr')
      expect(rows).toHaveLength(Object.keys(book.windows).length)
      Object.entries(book.windows).forEach(([name, window], index) => {
        const cells = (rows[index] ?? '').split('\t').map((cell) => cell.trim())
        expect(cells[0]).toBe(name)
        const values = [
          window.orderFlowImbalance,
          window.tradeFlowImbalance,
          window.buyVolume,
          window.sellVolume,
          window.tradeCount,
          window.realizedVolatility,
        ]
        values.forEach((value, column) => {
          expectShown(cells[column + 1] ?? '', value, `${name}, column ${column}`)
        })
        const [min = '', max = ''] = cells[7]?.split(' to ') ?? []
        expectShown(min, window.imbalanceMin, 'lowest imbalance')
        if (window.imbalanceMin !== null) expectShown(max, window.imbalanceMax, 'highest')
      })
      const [, side, price = '', amount = ''] =
        (await texts('#tape tbody tr'))[0]?.split('\t') ?? []
      expect(side).toBe(book.lastTrade?.side)
      expectShown(price, book.lastTrade?.price ?? null, 'price of the last trade')
      expectShown(amount, book.lastTrade?.amount ?? null, 'amount of the last trade')
    })
  })

  it('of the signals, with words where there are not enough cases', async () => {
    await eventually(async () => {
      const answer = await service.get(`/api/v1/signals/${FOCUS}`)
      const { nextMove, horizons } = (await answer.json()) as Signals
      const rows = (await texts('#signals tbody tr')).map((row) => row.split('\t'))
      expect(rows.map(([name]) => name)).toEqual(['next move', ...Object.keys(horizons)])
      const { hitRate, effectiveCases } = nextMove
      const [, shown = '', interval = '', cases = ''] = rows[0] ?? []
      if (hitRate === null) expect(shown).toBe('not enough cases yet')
      else expect(interval).toBe(`${percent(hitRate.low)} to ${percent(hitRate.high)}`)
      expectShown(cases, effectiveCases, 'cases of the next move')
      // Nothing is known of a minute within the seconds of this test.
      expect(rows.at(-1)?.slice(1)).toEqual([
        'not enough cases yet',
        '',
        '0',
        'not enough cases yet',
      ])
      expect(await text('#signals .words')).toBe('not enough cases yet')
    })
  })

  const askPipeline = async () => (await (await service.get('/api/v1/pipeline')).json()) as Pipeline

  it('of the pipeline: feed, clock, partitions, and the absence of updates', async () => {
    await eventually(async () => {
      const pipeline = await askPipeline()
      // Heartbeats are frames but not updates; the unchanging market has no updates.
      for (const stage of HOPS) {
        expect(await text(`.hop[data-stage=${stage}] .tail`)).toBe('no updates')
      }
      const [exchange, feed, topic, books] = await texts('.station')
      const { requestedChannels, acknowledgedChannels } = pipeline.connection ?? {}
      expect(exchange).toContain(`${acknowledgedChannels} of ${requestedChannels} channels`)
      expect(exchange).toContain('connected')
      expect(exchange).toMatch(/clock [+−][\d.]+ ms ± [\d.]+ ms/)
      expect(feed).toContain('0 queued · 0 dropped')
      expect(topic).toContain('caught up')
      expect(books).toContain(`${INSTRUMENTS.length} of ${INSTRUMENTS.length} live`)
      const cells = await page.locator('.cells li .hidden').allTextContents()
      expect(cells).toEqual(
        (pipeline.partitions ?? []).map(
          ({ topic: name, partition, lagRecords }) =>
            `${name} ${partition}: ${lagRecords} records behind`,
        ),
      )
    })
  })

  it('of every hop: its latency', async () => {
    simulator.faults.clear()
    const hop = '.hop[data-stage=receive_to_consume]'
    await page.locator(`${hop}:not([data-pace=absent])`).waitFor()
    // Compared while unchanged.
    simulator.faults.set('still')
    await eventually(async () => {
      const { stages } = await askPipeline()
      for (const stage of ['exchange_to_receive', 'receive_to_consume', 'consume_to_publish']) {
        const { p50Ms, p99Ms } = stages.find((one) => one.stage === stage) ?? {}
        const [median = '', tail = ''] = await texts(`.hop[data-stage=${stage}] :is(b, .tail)`)
        expectShown(median.replace(' ms', ''), p50Ms ?? null, `${stage} median`)
        expectShown(tail.replace(/^p99 | ms$/g, ''), p99Ms ?? null, `${stage} p99`)
      }
      const parts = await page.locator('#share i').all()
      const boxes = await Promise.all(parts.map((part) => part.boundingBox()))
      const shares = boxes.map((box) => box?.width ?? 0)
      const whole = shares.reduce((sum, width) => sum + width, 0)
      const means = HOPS.map((hop) => stages.find(({ stage }) => stage === hop)?.meanMs ?? 0)
      const wholeMs = means.reduce((sum, ms) => sum + ms, 0)
      shares.forEach((width, index) => {
        // Small shares are drawn wider than they are, at the cost of the others.
        expect(width / whole).toBeCloseTo((means[index] ?? 0) / wholeMs, 1)
      })
      expect(await text('.means')).toContain('means')
      const total = stages.find(({ stage }) => stage === 'total')
      expectShown((await text('.total b')).replace(' ms', ''), total?.p50Ms ?? null, 'total')
    })
  })
})

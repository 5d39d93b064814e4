import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { openPage, startBrowser } from './browser.ts'
import { INSTRUMENTS, STALE_AFTER_MS, startDemo } from './page-service.ts'

/** Longest time until the values of a dead exchange disappear from the page, ms. */
const MAX_GONE_MS = STALE_AFTER_MS + 1000

interface Nothing {
  readonly mids: readonly string[]
  readonly reasons: readonly string[]
  readonly why: string
  readonly mid: string
  readonly facts: readonly string[]
  readonly ladder: string
  readonly absent: string
  readonly colours: readonly string[]
  readonly quietColour: string
}

/**
 * Reads the page in one evaluation as soon as every book is stale; the service may recover right
 * after.
 */
function lookAtNothing(page: Page): Promise<Nothing | false> {
  return page.evaluate<Nothing | false>(`(() => {
    const all = (selector) => [...document.querySelectorAll(selector)]
    const texts = (selector) => all(selector).map((element) => element.textContent.trim())
    const colourOf = (element) => getComputedStyle(element).color
    const isStale = document.querySelector('#book-head').dataset.state === 'stale'
    const absent = texts('#count-absent')[0]
    const stale = all('#list .row[data-state=stale]').length
    if (!isStale || absent !== '${INSTRUMENTS.length}' || String(stale) !== absent) return false
    return {
      absent,
      mids: texts('#list .row[data-state=stale] .mid'),
      reasons: texts('#list .row[data-state=stale] .why'),
      why: texts('#book-head .why')[0],
      mid: texts('#book-head .mid b')[0],
      facts: texts('#book-head dd'),
      ladder: texts('#ladder tbody').join('').trim(),
      colours: [...new Set(all('#list .mid, #book-head .mid b').map(colourOf))],
      quietColour: colourOf(document.querySelector('.pipeline .aside')),
    }
  })()`)
}

describe('fault switches of the page', needs('chromium'), () => {
  let browser: Browser
  let service: Reader
  let page: Page

  beforeAll(async () => {
    service = (await startDemo()).service
    browser = await startBrowser()
    page = (await openPage(browser, service.url)).page
  })

  const rows = (state: string) => page.locator(`#list .row[data-state=${state}]`)
  const allLive = () =>
    eventually(async () => (await rows('live').count()) === INSTRUMENTS.length, {
      timeoutMs: 40_000,
    })
  const press = (name: string) => page.locator(`.switches [data-fault="${name}"]`).click()

  it.each(['stall', 'half-open'])(
    '%s hides the values in time, shows the reason, and recovers',
    async (fault) => {
      await allLive()
      await press(fault)
      const pressedMs = performance.now()
      const seen = await eventually(() => lookAtNothing(page), { timeoutMs: MAX_GONE_MS })
      expect(performance.now() - pressedMs).toBeLessThan(MAX_GONE_MS)

      expect(seen.mids).toEqual(INSTRUMENTS.map(() => '–'))
      expect(seen.reasons).toEqual(INSTRUMENTS.map(() => 'not verified recently'))
      expect(seen.why).toMatch(/^No value is shown: not verified recently, since \d\d:\d\d:\d\d\.$/)
      expect([seen.mid, ...seen.facts]).toEqual(Array(6).fill('–'))
      expect(seen.ladder).toBe('book is not live')
      expect(seen.absent).toBe(String(INSTRUMENTS.length))
      expect(seen.colours).toEqual([seen.quietColour])

      // The service detects half-open connections itself; a stall has to be switched off.
      if (await page.locator('#heal').isEnabled()) await page.locator('#heal').click()
      await allLive()
      await page.locator('#book-head[data-state=live]').waitFor()
      expect(await page.locator('#book-head .why').innerText()).toBe('')
      await eventually(async () => {
        const events = await page.locator('#events li').allInnerTexts()
        expect(events[0]).toContain('values are back')
        expect(events.join('\n')).toMatch(/live → stale( ×\d+)?\s+not verified recently/)
      })
    },
  )

  it('inject a fault into one book and show its state', async () => {
    await allLive()
    await page.locator('[data-name="ETH-PERPETUAL"]').click()
    await press('halted')
    await page.locator('#book-head[data-state=halted]').waitFor()
    expect(await page.locator('#book-head .why').innerText()).toContain(
      'the exchange has halted the instrument',
    )
    await eventually(async () => (await rows('live').count()) === INSTRUMENTS.length - 1)
    const halt = page.locator('.switches [data-fault="halted"]')
    expect(await halt.getAttribute('aria-pressed')).toBe('true')
    await page.locator('[data-name="BTC_USDC"]').click()
    expect(await halt.getAttribute('aria-pressed')).toBe('false')
    await page.locator('[data-name="ETH-PERPETUAL"]').click()
    await halt.click()
    await allLive()
  })

  it('log the newest change first, also if it is a repeat', async () => {
    const toggle = async (name: string, isOn: boolean) => {
      await page.locator(`[data-name="${name}"]`).click()
      await page.locator(`.switches [data-fault="halted"][aria-pressed=${!isOn}]`).click()
      await eventually(async () => {
        const newest = (await page.locator('#events li').allInnerTexts())[0] ?? ''
        expect(newest).toContain(name)
        expect(newest).toMatch(isOn ? /live → halted/ : /halted → live/)
      })
    }
    await allLive()
    for (const isOn of [true, false, true, false]) {
      for (const name of ['ETH-PERPETUAL', 'BTC_USDC']) await toggle(name, isOn)
    }
    await allLive()
  })

  it('list every fault of the simulator', async () => {
    await page.locator('.more summary').click()
    const { available } = (await (await service.get('/demo/faults')).json()) as {
      available: { name: string }[]
    }
    const names = available.map(({ name }) => name)
    expect(await page.locator('#switches-more button').allInnerTexts()).toEqual(names)
  })
})

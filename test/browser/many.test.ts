import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../tools/web/build-page.ts'
import { type Reader, startService, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { openPage, startBrowser } from './browser.ts'

const COUNT = 3000

describe('three thousand instruments', needs('chromium'), () => {
  let browser: Browser
  let service: Reader
  let page: Page

  beforeAll(async () => {
    await buildPage()
    const simulator = await startSimulator({ instruments: COUNT, ratePerSecond: 300 })
    service = await startService({ DERIBIT_URL: simulator.url, INSTRUMENTS: 'any:any' })
    browser = await startBrowser()
    await eventually(async () => (await service.liveCount()) === COUNT, { timeoutMs: 90_000 })
    page = (await openPage(browser, service.url)).page
    await eventually(async () => (await page.locator('#count-all').innerText()) === String(COUNT))
  })

  const rows = () => page.locator('#list .row:visible')
  /** Waits until every visible row has values. */
  const filled = () =>
    eventually(async () => {
      const inSight = await rows().count()
      return (
        inSight > 0 &&
        (await page.locator('#list .row[data-state=live]:visible').count()) === inSight
      )
    })

  it('are a list with only the visible rows in the DOM', async () => {
    await filled()
    expect(await page.locator('#list .row').count()).toBeLessThan(40)
    expect(await rows().first().getAttribute('aria-setsize')).toBe(String(COUNT))
  })

  it('can be scrolled to the last one, which gets values', async () => {
    await page.locator('#list').focus()
    await page.keyboard.press('End')
    await filled()
    const last = rows().last()
    expect(await last.getAttribute('aria-posinset')).toBe(String(COUNT))
    const name = (await last.getAttribute('data-name')) ?? ''
    expect(await page.locator('#focus-name').innerText()).toBe(name)
    await page.locator('#book-head[data-state=live]').waitFor()
    const { midPrice } = await service.snapshot(name)
    expect(midPrice).not.toBeNull()
  })

  it('can be searched', async () => {
    await page.locator('#search').fill('eth perp')
    await eventually(async () => {
      const names = await page.locator('#list .row:visible .name').allInnerTexts()
      return names.length > 0 && names.every((name) => /ETH.*PERP/.test(name))
    })
    await filled()
    await page.locator('#search').fill('no such thing')
    expect(await page.locator('#list-empty').innerText()).toBe('No instrument matches.')
  })
})

import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Reader } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { accessibilityProblems, openPage, overflow, startBrowser } from './browser.ts'
import { INSTRUMENTS, startDemo } from './page-service.ts'

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

interface Box {
  words: string
  left: number
  right: number
  top: number
  bottom: number
}

/** Returns pairs of texts that overlap by more than a pixel. */
function overlaps(boxes: readonly Box[]): string[] {
  return boxes.flatMap((one, index) =>
    boxes
      .slice(index + 1)
      .filter(
        (other) =>
          Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
          Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1,
      )
      .map((other) => `${one.words} / ${other.words}`),
  )
}

describe('the page', needs('chromium'), () => {
  let browser: Browser
  let service: Reader

  beforeAll(async () => {
    service = (await startDemo()).service
    browser = await startBrowser()
  })

  const live = (page: Page) =>
    eventually(async () => {
      const rows = await page.locator('#list .row[data-state=live]').count()
      return rows === INSTRUMENTS.length
    })

  it.each([
    ['with dark colours', { colorScheme: 'dark' }],
    ['with light colours', { colorScheme: 'light' }],
    ['on a phone', { ...PHONE, colorScheme: 'dark' }],
  ] as const)('has no axe violation %s and no horizontal scrolling', async (_where, options) => {
    const { page, complaints } = await openPage(browser, service.url, options)
    await live(page)
    await page.locator('.more summary').click()
    expect(await accessibilityProblems(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await page.locator('.switches [data-fault="one-sided"]').click()
    await page.locator('#book-head[data-state=one_sided]').waitFor()
    expect(await accessibilityProblems(page)).toEqual([])
    await page.locator('#heal').click()
    await live(page)
    expect(complaints).toEqual([])
  })

  it('sends no request to another origin and complies with its content security policy', async () => {
    const { page, complaints } = await openPage(browser, service.url)
    await live(page)
    const loaded = await page.evaluate(
      'Promise.all([...document.fonts].map((font) => font.load())).then((all) => all.length)',
    )
    expect(loaded).toBe(2)
    // An injected script does not run, and an injected style does not apply.
    await page.evaluate(`
      const script = document.createElement('script')
      try { script.text = 'window.smuggled = true' } catch {}
      document.body.append(script)
      document.body.setAttribute('style', 'color: rgb(1, 2, 3)')
    `)
    expect(await page.evaluate('window.smuggled ?? false')).toBe(false)
    expect(await page.evaluate('getComputedStyle(document.body).color')).not.toBe('rgb(1, 2, 3)')
    const policy = /Content Security Policy|TrustedScript/
    expect(complaints.filter((complaint) => !policy.test(complaint))).toEqual([])
  })

  it.each([1600, 1401, 1400, 1300, 1250, 1000, 800, 500, 320])(
    'has no overlapping texts at %i pixels',
    async (width) => {
      const { page } = await openPage(browser, service.url, { viewport: { width, height: 900 } })
      await live(page)
      const boxes: Box[] = await page.evaluate(`
        [...document.querySelectorAll('#book-head :is(dd, dt, .mid b, h2)')].map((element) => {
          const range = document.createRange()
          range.selectNodeContents(element)
          const { left, right, top, bottom } = range.getBoundingClientRect()
          return { words: element.textContent, left, right, top, bottom }
        })
      `)
      expect(boxes.length).toBeGreaterThan(10)
      expect(overlaps(boxes)).toEqual([])
    },
  )

  it('ignores an invalid URL fragment', async () => {
    const { page, complaints } = await openPage(browser, `${service.url}/#%E0%A4%A`)
    await live(page)
    await page.locator('#book-head[data-state=live]').waitFor()
    expect(await page.locator('#focus-name').innerText()).toBe('BTC-PERPETUAL')
    expect(complaints).toEqual([])
  })

  it('can be used with the keyboard only', async () => {
    const { page } = await openPage(browser, service.url)
    await live(page)
    const focus = () => page.locator('#focus-name').innerText()
    await page.keyboard.press('/')
    await page.keyboard.type('usdc')
    const list = page.locator('#list')
    await eventually(async () => (await page.locator('#list .row:visible').count()) === 2)
    await page.keyboard.press('ArrowDown')
    expect(await focus()).toBe('BTC_USDC')
    await page.keyboard.press('ArrowDown')
    expect(await focus()).toBe('SOL_USDC-PERPETUAL')
    const active = await list.getAttribute('aria-activedescendant')
    const row = page.locator(`#${active}`)
    expect(await row.getAttribute('data-name')).toBe('SOL_USDC-PERPETUAL')
    expect(await row.getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('/')
    await page.keyboard.press('Escape')
    await eventually(async () => (await page.locator('#list .row:visible').count()) === 4)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Home')
    expect(await focus()).toBe('BTC-PERPETUAL')
    await page.keyboard.press('End')
    expect(await focus()).toBe('SOL_USDC-PERPETUAL')

    const fault = page.locator('.switches [data-fault="delay"]')
    await fault.focus()
    await page.keyboard.press('Space')
    await page.locator('.switches [data-fault="delay"][aria-pressed=true]').waitFor()
    await page.keyboard.press('Space')
    await page.locator('.switches [data-fault="delay"][aria-pressed=false]').waitFor()
  })

  it('keeps the chosen colours, and the instrument in its URL', async () => {
    const { page } = await openPage(browser, service.url, { colorScheme: 'dark' })
    await live(page)
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const dark = await ground()
    await page.locator('[data-theme="light"]').click()
    const light = await ground()
    expect(light).not.toBe(dark)
    await page.locator('[data-name="ETH-PERPETUAL"]').click()
    await page.reload()
    await live(page)
    expect(await ground()).toBe(light)
    expect(await page.locator('#focus-name').innerText()).toBe('ETH-PERPETUAL')
  })
})

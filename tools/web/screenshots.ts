import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { showDemo } from './shown-demo.ts'

/** Time until the charts have data. */
const POLL_MS = 75_000
const SETTLE_MS = 6500

const pathOf = (name: string) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))

async function open(browser: Browser, url: string, width: number, height: number): Promise<Page> {
  const viewport = { width, height }
  const context = await browser.newContext({ viewport, colorScheme: 'dark' })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** Takes the screenshots of the README: `npm run docs:screenshots`. */
const demo = await showDemo({ instruments: 16 })
try {
  const desk = await open(demo.browser, demo.url, 1440, 1080)
  const phone = await open(demo.browser, demo.url, 390, 844)
  await sleep(POLL_MS)
  await desk.screenshot({ path: pathOf('page.png') })
  await phone.locator('#focus').scrollIntoViewIfNeeded()
  await phone.evaluate("document.getElementById('focus').scrollIntoView()")
  await phone.screenshot({ path: pathOf('page-phone.png') })
  await desk.locator('.switches [data-fault="stall"]').click()
  await sleep(SETTLE_MS)
  await desk.screenshot({ path: pathOf('page-stale.png') })
} finally {
  await demo.stop()
}

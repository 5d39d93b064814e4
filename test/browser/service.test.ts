import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { readLivePage } from '../../src/http/routes/web-ui.ts'
import { FakePipeline, httpApp } from '../http/fakes.ts'
import { registerCleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { openPage, startBrowser } from './browser.ts'
import { INSTRUMENTS, startDemo, startServiceOn } from './page-service.ts'

describe('the page of a service that', needs('chromium'), () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await startBrowser()
  })

  const live = (page: Page, count = INSTRUMENTS.length) =>
    eventually(async () => (await page.locator('#list .row[data-state=live]').count()) === count, {
      timeoutMs: 30_000,
    })

  it('restarts shows no values meanwhile, shows the reason, and recovers', async () => {
    const port = String(await freePort())
    const { simulator, service } = await startDemo({ HTTP_PORT: port })
    const { page } = await openPage(browser, service.url)
    await live(page)
    await service.stop()
    await eventually(async () => {
      expect(await page.locator('#summary').innerText()).toMatch(
        /^no answer from the service since \d\d:\d\d:\d\d$/,
      )
      expect(await page.locator('#list .row[data-state=unknown] .why').allInnerTexts()).toEqual(
        INSTRUMENTS.map(() => 'the service does not answer this page'),
      )
      expect(await page.locator('#book-head .mid b').innerText()).toBe('–')
      expect(await page.locator('.station .words').allInnerTexts()).toEqual(
        Array(4).fill('the service does not answer'),
      )
    })
    await startServiceOn(simulator, { HTTP_PORT: port })
    await live(page)
    await page.locator('#book-head[data-state=live]').waitFor()
  })

  it('requires a token asks for it once and keeps it for the session', async () => {
    const token = 'a-token-for-this-test'
    const { service } = await startDemo({ HTTP_AUTH_TOKEN: token })
    const { page } = await openPage(browser, service.url)
    const input = page.locator('#token-input')
    // Not allowed in a header.
    await input.fill('пароль')
    await page.locator('#token-form button').click()
    expect(await page.locator('#token[open]').count()).toBe(1)
    const refusal = await page.evaluate(`document.querySelector('#token-input').validationMessage`)
    expect(refusal).toMatch(/letters, digits/)
    await input.fill('a-wrong-one')
    await page.locator('#token-form button').click()
    await page.locator('#token[open]').waitFor()
    await input.fill(token)
    await page.locator('#token-form button').click()
    await live(page)
    expect(await page.locator('#token[open]').count()).toBe(0)
    await page.reload()
    await live(page)
    expect(await page.locator('#token[open]').count()).toBe(0)
    expect(page.url()).not.toContain(token)
  })

  it('has no books shows its role, and no fault switches for a real exchange', async () => {
    const pipeline = new FakePipeline()
    pipeline.read = () => ({
      ...pipeline.view,
      role: 'producer',
      feed: {
        isConnected: true,
        lastFrameMonotonicMs: null,
        requestedChannels: 2,
        acknowledgedChannels: 1,
        wantedCount: 2,
        hasBook: true,
        missingChannels: ['book.X.100ms'],
        suspendedChannels: [],
        suspendedCount: 0,
        refusedCount: 0,
        problem: null,
        lastFrameTimeMs: Date.now(),
      },
      delivery: [],
    })
    const { app } = httpApp({ snapshots: null, pipeline, page: readLivePage() })
    registerCleanUp(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page } = await openPage(browser, url)
    await eventually(async () => {
      const stations = await page.locator('.station').allInnerTexts()
      expect(stations[0]).toContain('channels missing')
      expect(stations[0]).toContain('1 of 2 channels')
      expect(stations[2]).toContain('this process has the role producer')
    })
    expect(await page.locator('#summary').innerText()).toBe('role producer: no books here')
    expect(await page.locator('#faults').isHidden()).toBe(true)
  })
})

import type { Browser, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startReverseProxy, type ReverseProxy } from '../support/nginx.ts'
import { openPage, startBrowser, type OpenPage } from './browser.ts'
import { INSTRUMENTS, startDemo } from './page-service.ts'

const TOKEN = 'a-token-for-this-test'
const WITH_SLASH = ['oneLevel', 'twoLevels', 'tls'] as const
const PLACES = [...WITH_SLASH, 'noSlash'] as const

describe(
  'behind a reverse proxy that strips a prefix',
  needs('nginx', 'chromium', 'openssl'),
  () => {
    let browser: Browser
    let proxy: ReverseProxy

    beforeAll(async () => {
      browser = await startBrowser()
      const { service } = await startDemo({ HTTP_AUTH_TOKEN: TOKEN })
      proxy = await startReverseProxy(service.url)
    })

    /** Opens a page and collects every failed response. */
    async function open(url: string): Promise<OpenPage & { readonly failed: string[] }> {
      const failed: string[] = []
      const opened = await openPage(browser, url, {
        ignoreHTTPSErrors: true,
        onResponse: (status, address) => {
          if (status >= 400 && status !== 401) failed.push(`${status} ${address}`)
        },
      })
      return { ...opened, failed }
    }

    const giveToken = async (page: Page) => {
      await page.locator('#token-input').fill(TOKEN)
      await page.locator('#token-form button').click()
    }

    it.each(PLACES)('the page shows live values (%s)', async (place) => {
      const { page, failed, elsewhere } = await open(proxy[place])
      await giveToken(page)
      const live = page.locator('#list .row[data-state=live]')
      await eventually(async () => (await live.count()) === INSTRUMENTS.length, {
        timeoutMs: 30_000,
      })
      await eventually(async () => {
        expect(await page.locator('#book-head .mid b').innerText()).toMatch(/\d/)
      })
      await page.locator('#faults').waitFor({ state: 'visible' })
      // There the browser prefetches resources before the script has corrected the URL.
      if (place === 'noSlash') failed.splice(0)
      // The current URL of the page works as well.
      await page.reload()
      await eventually(async () => (await live.count()) === INSTRUMENTS.length, {
        timeoutMs: 30_000,
      })
      expect([failed, elsewhere]).toEqual([[], []])
    })

    it('does not send a token to another service at the same origin', async () => {
      const { page } = await open(proxy.oneLevel)
      await giveToken(page)
      await page.locator('#list .row[data-state=live]').first().waitFor()
      const sent: (string | undefined)[] = []
      page.on('request', (request) => {
        if (request.url().startsWith(proxy.twoLevels)) sent.push(request.headers()['authorization'])
      })
      await page.goto(proxy.twoLevels)
      await page.locator('#token[open]').waitFor()
      expect(sent.length).toBeGreaterThan(0)
      expect(sent.filter((token) => token !== undefined)).toEqual([])
    })

    it.each(WITH_SLASH)('its links lead to the docs, which try the API out (%s)', async (place) => {
      const { page, failed, elsewhere } = await open(proxy[place])
      // The dialog covers the links.
      await giveToken(page)
      await page.locator('nav.links a', { hasText: 'API' }).click()
      const operation = page.locator('#operations-operation-getLiveness')
      await operation.locator('.opblock-summary').click()
      await operation.locator('.try-out__btn').click()
      const answer = page.waitForResponse(`${proxy[place]}livez`)
      await operation.locator('.execute').click()
      expect((await answer).status()).toBe(200)
      expect([failed, elsewhere]).toEqual([[], []])
    })

    it.each(PLACES)('the OpenAPI documents lead to the routes (%s)', async (place) => {
      const base = proxy[place].replace(/\/?$/, '/')
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      for (const path of ['openapi.json', 'docs/json']) {
        const document = new URL(path, base).href
        const { servers } = (await (await context.request.get(document)).json()) as {
          servers: { url: string }[]
        }
        const server = new URL(servers[0]?.url ?? '', document).href.replace(/\/$/, '')
        expect((await context.request.get(`${server}/livez`)).status()).toBe(200)
      }
      await context.close()
    })

    it.each(['docs', 'docs/', 'docs?a=b', 'docs/?a=b', 'docs/static/index.html', 'docs/static/'])(
      'the docs load from /%s',
      async (path) => {
        const { page, failed, elsewhere } = await open(`${proxy.twoLevels}${path}`)
        await page.locator('#operations-operation-getLiveness').waitFor()
        expect([failed, elsewhere]).toEqual([[], []])
      },
    )
  },
)

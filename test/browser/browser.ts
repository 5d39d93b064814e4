import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import process from 'node:process'
import { expect } from 'vitest'
import { registerCleanUp } from '../support/clean-up.ts'

/** Chromium flags for root and for containers with little shared memory. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage']
const DEADLINE_MS = 20_000

/** Starts Debian's Chromium; closed when the test file ends. */
export async function startBrowser(): Promise<Browser> {
  const found = (process.env['PATH'] ?? '').split(':').map((folder) => `${folder}/chromium`)
  const errors: unknown[] = []
  for (const executablePath of found) {
    try {
      const browser = await chromium.launch({ executablePath, args: ARGUMENTS })
      registerCleanUp(() => browser.close())
      return browser
    } catch (error) {
      errors.push(error)
    }
  }
  throw new AggregateError(errors, 'Chromium did not start')
}

export interface OpenPage {
  readonly page: Page
  /** Console warnings and errors, and every request to another origin. */
  readonly complaints: string[]
  /** Requests to other origins. */
  readonly elsewhere: string[]
}

export interface OpenOptions extends BrowserContextOptions {
  /** Called with each response that the page receives. */
  onResponse?: (status: number, url: string) => void
}

/**
 * Opens the page of the service at `url` in its own context, which is closed when the test ends.
 */
export async function openPage(
  browser: Browser,
  url: string,
  { onResponse, ...options }: OpenOptions = {},
): Promise<OpenPage> {
  const viewport = { width: 1440, height: 1000 }
  const context = await browser.newContext({ viewport, ...options })
  registerCleanUp(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(DEADLINE_MS)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  const elsewhere: string[] = []
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin === new URL(url).origin || protocol === 'data:') return
    elsewhere.push(request.url())
    complaints.push(request.url())
  })
  page.on('response', (response) => onResponse?.(response.status(), response.url()))
  await page.goto(url)
  return { page, complaints, elsewhere }
}

/** Returns the axe violations of the current page, each with its element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const answer: unknown = await page.evaluate('axe.run()')
  const { violations } = answer as axe.AxeResults
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  )
}

/** Returns how far the page can be scrolled horizontally, in pixels. */
export async function overflow(page: Page): Promise<number> {
  const root = 'document.documentElement'
  return Number(await page.evaluate(`${root}.scrollWidth - ${root}.clientWidth`))
}

/** Parses the number that a text shows; null for the dash of an absent one. */
function readNumber(text: string): number | null {
  const plain = text.trim().replaceAll(',', '').replace('−', '-').replace(/^\+/, '')
  if (plain === '–') return null
  const [, digits = '', unit = ''] = /^(-?[\d.]+) ?(.*)$/.exec(plain) ?? []
  expect(digits, `no number in ${JSON.stringify(text)}`).not.toBe('')
  const scale: Readonly<Record<string, number>> = { k: 1e3, M: 1e6, bp: 1e-4, '%': 1e-2 }
  return Number(digits) * (scale[unit] ?? 1)
}

/** Throws unless the text shows the number rounded to its digits. */
export function expectShown(text: string, value: number | null, what: string): void {
  const shown = readNumber(text)
  if (value === null || shown === null) {
    expect(shown, what).toBe(value)
    return
  }
  const [, decimals = '', unit = ''] = /^[^.]*(?:\.(\d+))? ?(k|M|bp|%)?/.exec(text.trim()) ?? []
  const scale = { k: 1e3, M: 1e6, bp: 1e-4, '%': 1e-2, '': 1 }[unit] ?? 1
  const half = (10 ** -decimals.length * scale) / 2
  expect(Math.abs(shown - value), `${what}: ${text} for ${value}`).toBeLessThanOrEqual(half * 1.001)
}

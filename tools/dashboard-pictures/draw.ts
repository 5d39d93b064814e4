import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import type { PictureData } from './picture-data.ts'

const PAGE = fileURLToPath(new URL('page/main.tsx', import.meta.url))
/** Their ES modules take components of older packages by a default that these do not have. */
const COMPONENTS = fileURLToPath(
  new URL('node_modules/@grafana/ui/dist/cjs/index.cjs', import.meta.url),
)
const VIEWPORT = { width: 1500, height: 1000 }
const EMPTY_PAGE = '<!doctype html><html><body></body></html>'
const DRAW_MS = 60_000
/** A palette is enough for lines and text, and a third of the size. */
const COLORS = 128

/**
 * Draws dashboards in a Chromium that is installed.
 * @param program its path
 * @returns a PNG for each, in their order
 * @throws Error where the page reports one
 */
export async function drawPictures(
  all: readonly PictureData[],
  program: string,
): Promise<Uint8Array[]> {
  const { script, style } = await bundle()
  // In a container it is root, and has no sandbox to lock itself in; the page is our own.
  const browser = await chromium.launch({
    executablePath: program,
    args: ['--no-sandbox'],
  })
  try {
    const page = await browser.newPage({ viewport: VIEWPORT, timezoneId: 'UTC' })
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    // An address, as the components want to store things; nothing leaves the browser.
    await page.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: EMPTY_PAGE }),
    )
    await page.goto('http://pictures.localhost/')
    await page.addStyleTag({ content: `${style}\n*, *::before { box-sizing: border-box }` })
    await page.addScriptTag({ content: script })
    const complain = (of: string) => {
      if (problems.length > 0) throw new Error([of, ...new Set(problems)].join('\n'))
    }
    complain('the page')
    const pictures: Uint8Array[] = []
    for (const data of all) {
      await page.evaluate((one) => window.drawDashboard(one), data)
      await page.waitForFunction(() => document.fonts.status === 'loaded', { timeout: DRAW_MS })
      complain(data.title)
      const picture = await page.screenshot({ fullPage: true })
      pictures.push(
        await sharp(picture)
          .png({ palette: true, colours: COLORS, compressionLevel: 9, effort: 10 })
          .toBuffer(),
      )
    }
    return pictures
  } finally {
    await browser.close()
  }
}

async function bundle(): Promise<{ script: string; style: string }> {
  const { outputFiles } = await build({
    entryPoints: [PAGE],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    minify: true,
    jsx: 'automatic',
    alias: { '@grafana/ui': COMPONENTS },
    define: { global: 'window', 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'dataurl', '.ttf': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl' },
  })
  const textOf = (suffix: string) =>
    outputFiles.find(({ path }) => path.endsWith(suffix))?.text ?? ''
  return { script: textOf('.js'), style: textOf('.css') }
}

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { readLivePage } from '../../../src/http/routes/web-ui.ts'
import { buildPage } from '../../../tools/web/build-page.ts'
import { renderRunbookPages } from '../../../tools/web/runbook-pages.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { httpApp, recordingLogger } from '../fakes.ts'

const SCRIPT = `const words = '${'again and '.repeat(200)}'`

function pageApp() {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>x</title>')
  writeFileSync(join(folder, 'page.js'), SCRIPT)
  writeFileSync(join(folder, 'page.js.gz'), gzipSync(SCRIPT))
  writeFileSync(join(folder, 'notes.secret'), 'not for everybody')
  return httpApp({ page: readLivePage(pathToFileURL(`${folder}/`)) }).app
}

const GZIP = { 'accept-encoding': 'gzip, br' }

describe('the files of the page', () => {
  it('have a content security policy without foreign or inline content', async () => {
    const { statusCode, headers, body } = await pageApp().inject('/')
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(body).toContain('<title>x</title>')
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('may contain an inline script, allowed by its hash', async () => {
    const folder = temporaryFolder()
    const script = "\n  document.title = 'x'\n"
    writeFileSync(join(folder, 'index.html'), `<title>y</title><script>${script}</script>`)
    const { app } = httpApp({ page: readLivePage(pathToFileURL(`${folder}/`)) })
    const { headers } = await app.inject('/')
    const hash = createHash('sha256').update(script).digest('base64')
    expect(headers['content-security-policy']).toContain(`script-src 'self' 'sha256-${hash}';`)
  })

  it('refer to each other and to the API by relative addresses', () => {
    const html = readFileSync(new URL('../../../web/index.html', import.meta.url), 'utf8')
    const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses).toContain('page/page.js')
    expect(addresses.filter((address = '') => /^\/|^\w+:/.test(address))).toEqual([])
  })

  it('are compressed for clients that accept it, with another ETag', async () => {
    const app = pageApp()
    const plain = await app.inject('/page/page.js')
    const packed = await app.inject({ url: '/page/page.js', headers: GZIP })
    expect(plain.body).toBe(SCRIPT)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(packed.rawPayload).toString()).toBe(SCRIPT)
    expect(packed.headers.etag).not.toBe(plain.headers.etag)
  })

  it.each([
    ['GZIP', true],
    ['*', true],
    ['br, gzip;q=0.5', true],
    ['*;q=0, gzip', true],
    ['gzip;q=0, identity', false],
    ['gzip;q=0 , br', false],
    ['*;q=0.0', false],
    ['xgzip', false],
  ])('compressed for Accept-Encoding %j: %s', async (acceptEncoding, isPacked) => {
    const app = pageApp()
    const response = await app.inject({
      url: '/page/page.js',
      headers: { 'accept-encoding': acceptEncoding },
    })
    expect(response.headers['content-encoding']).toBe(isPacked ? 'gzip' : undefined)
    const plain = await app.inject('/page/page.js')
    expect(response.headers.etag === plain.headers.etag).toBe(!isPacked)
  })

  it('are cached for a year but for HTML, which is sent whole', async () => {
    const app = pageApp()
    const html = await app.inject('/')
    expect(html.headers).toMatchObject({ 'cache-control': 'no-cache' })
    expect(html.headers).not.toHaveProperty('etag')
    expect(html.headers).not.toHaveProperty('last-modified')
    const script = await app.inject('/page/page.js')
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  })

  it('are not sent again if the ETag matches', async () => {
    const app = pageApp()
    const first = await app.inject({ url: '/page/page.js', headers: GZIP })
    const tags = [`${first.headers.etag}`, `"other", ${first.headers.etag}`]
    for (const tag of tags) {
      const headers = { ...GZIP, 'if-none-match': tag }
      const again = await app.inject({ url: '/page/page.js', headers })
      expect(again.statusCode).toBe(304)
      expect(again.body).toBe('')
      expect(again.headers.etag).toBe(first.headers.etag)
    }
    const other = await app.inject({ url: '/page/page.js', headers: { 'if-none-match': '"x"' } })
    expect(other.statusCode).toBe(200)
  })

  it.each(['notes.secret', 'none.js', '..%2Fpackage.json', '%2e%2e%2fpackage.json', 'index.html/'])(
    'are what a page is made of, not %s',
    async (name) => {
      const response = await pageApp().inject(`/page/${name}`)
      expect(response.statusCode).toBe(404)
      expect(response.json()).toMatchObject({ type: '/problems/route-not-found' })
    },
  )

  it('answer 503 if the page is not built', async () => {
    const nowhere = pathToFileURL(`${temporaryFolder()}/nothing/`)
    const logger = recordingLogger()
    const { app } = httpApp({ page: readLivePage(nowhere), logger })
    for (const url of ['/', '/page/page.js']) {
      expect((await app.inject(url)).statusCode).toBe(url === '/' ? 503 : 404)
    }
    expect((await app.inject('/')).json()).toMatchObject({ type: '/problems/page-not-built' })
    expect((await app.inject('/livez')).statusCode).toBe(200)
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'live page is not available, GET / answers 503',
        fields: { reason: expect.stringContaining('ENOENT') as string },
      },
    ])
  })

  it('are not served if one of them is unreadable', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>x</title>')
    symlinkSync(join(folder, 'nothing'), join(folder, 'page.js'))
    const { app } = httpApp({ page: readLivePage(pathToFileURL(`${folder}/`)) })
    expect((await app.inject('/')).statusCode).toBe(503)
  })
})

describe('the built page', () => {
  const folder = new URL('../../../dist/page/', import.meta.url)

  beforeAll(async () => {
    await buildPage({ isSilent: true })
  })

  it('refers only to files that are served, by names with a hash of their content', async () => {
    const { app } = httpApp({ page: readLivePage(folder) })
    for (const [url, least] of [
      ['/', 5],
      ['/runbooks/', 1],
    ] as const) {
      const { body } = await app.inject(url)
      const names = [...body.matchAll(/="(?:\.\.\/)?page\/([^"]+)"/g)].map(([, name = '']) => name)
      expect(names.length).toBeGreaterThanOrEqual(least)
      for (const name of names) {
        expect(name).toMatch(/^[\w-]+-[A-Z0-9]{8}\.(?:css|js|svg|woff2)$/)
        const { statusCode, headers } = await app.inject({ url: `/page/${name}`, headers: GZIP })
        expect(statusCode).toBe(200)
        expect(headers['content-encoding']).toBe(name.endsWith('.woff2') ? undefined : 'br')
      }
    }
  })

  it('is complete in each encoding', () => {
    const names = readdirSync(folder)
    const texts = names.filter((name) => /\.(?:css|js|svg|html|txt)$/.test(name))
    for (const name of texts)
      expect(names).toEqual(expect.arrayContaining([`${name}.gz`, `${name}.br`]))
  })
})

describe('the runbooks', () => {
  const html = '<!doctype html><link rel="stylesheet" href="../page/runbooks.css"><h1>x</h1>'
  const runbookApp = () => {
    const folder = temporaryFolder()
    for (const name of ['index.html', 'runbook-README.html', 'runbook-OrderBookStale.html']) {
      writeFileSync(join(folder, name), html)
    }
    return httpApp({ page: readLivePage(pathToFileURL(`${folder}/`)) }).app
  }

  it.each(['/runbooks/', '/runbooks/OrderBookStale.md', '/runbooks/OrderBookStale'])(
    'are served at %s, also without a token and by relative addresses',
    async (url) => {
      const { statusCode, headers, body } = await runbookApp().inject(url)
      expect([statusCode, body]).toEqual([200, html])
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(headers['content-security-policy']).toContain("default-src 'none'")
    },
  )

  it('are found without the slash, below any prefix', async () => {
    const { statusCode, headers } = await runbookApp().inject('/runbooks')
    expect([statusCode, headers.location]).toEqual([302, 'runbooks/'])
  })

  it('that do not exist are not found', async () => {
    const { statusCode } = await runbookApp().inject('/runbooks/Nobodys.md')
    expect(statusCode).toBe(404)
  })

  it('are rendered with their links to each other, without those to other documents and without HTML', () => {
    const folder = temporaryFolder()
    const text =
      '# A <b>\n\n[other](B.md) [config](../config.md) [bad](javascript:alert(1)) <script>x</script>\n'
    writeFileSync(join(folder, 'A.md'), text)
    const page = renderRunbookPages(folder).get('runbook-A.html') ?? ''
    expect(page).toContain('<a href="B.md">other</a>')
    expect(page).not.toMatch(/href="(\.\.\/config|javascript)/)
    expect(page).not.toContain('<script>')
    expect(page).toContain('<title>A &lt;b&gt;</title>')
  })
})

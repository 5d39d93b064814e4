import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildPage } from '../../tools/web/build-page.ts'
import { readerOf, startSimulator } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startUnprivileged } from '../support/other-user.ts'
import { readOnlyCheckout } from '../support/read-only-checkout.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MARK = '<!-- of an earlier build -->'

/** Runs `npm start` in the checkout as another user, against a simulated exchange. */
async function start(cwd: string, env: Readonly<Record<string, string>> = {}) {
  const { url: exchange } = await startSimulator()
  const program = startUnprivileged('npm', ['start'], {
    cwd,
    env: { DERIBIT_URL: exchange, HTTP_PORT: '0', ...env },
  })
  const [, url = ''] = await program.waitForLine(/"url":"(http:[^"]+)".*"msg":"started"/)
  const service = readerOf(url)
  await eventually(async () => (await service.state('BTC-PERPETUAL')) === 'live')
  return {
    service,
    program,
    /** Output about the page before the service starts. */
    reported: () => program.stderr.filter((line) => line.includes('live page')),
    /** Log lines about the page. */
    logged: () => program.stdout.filter((line) => line.includes('live page')),
  }
}

/** The page built from the current sources. */
function addPage(folder: string): string {
  mkdirSync(join(folder, 'dist'))
  const page = join(folder, 'dist', 'page')
  cpSync(join(ROOT, 'dist', 'page'), page, { recursive: true })
  return page
}

describe('a read-only checkout of another user', needs('unprivileged'), () => {
  beforeAll(async () => {
    await buildPage()
  })

  it('runs the service without its page, and reports that once on stderr and once in the log', async () => {
    const { reported, logged, service, program } = await start(readOnlyCheckout())
    expect(reported()).toEqual([expect.stringMatching(/is not built and cannot be built: EACCES/)])
    expect(logged()).toHaveLength(1)
    const response = await service.get('/')
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      type: '/problems/page-not-built',
      detail: expect.stringContaining('npm run build:page') as string,
    })
    program.kill('SIGINT')
    expect(await program.exited).toMatchObject({ code: 0 })
  })

  it('serves a current page without a message', async () => {
    const { reported, logged, service } = await start(readOnlyCheckout(addPage))
    expect([...reported(), ...logged()]).toEqual([])
    const html = await (await service.get('/')).text()
    expect(html).toContain('<title>orderbook-exporter</title>')
    const [, script = 'no script'] = /src="(page\/page-\w+\.js)"/.exec(html) ?? []
    expect(await service.status(`/${script}`)).toBe(200)
  })

  it('serves an older page, and reports it', async () => {
    const folder = readOnlyCheckout((copy) => {
      addPage(copy)
      chmodSync(join(copy, 'web', 'index.html'), 0o644)
      writeFileSync(join(copy, 'web', 'index.html'), `${MARK}\n`, { flag: 'a' })
    })
    const { reported, service } = await start(folder)
    expect(reported()).toEqual([
      expect.stringMatching(/is older than its sources and cannot be built: EACCES/),
    ])
    const html = await (await service.get('/')).text()
    expect(html).toContain('<title>orderbook-exporter</title>')
    expect(html).not.toContain(MARK)
  })

  it('runs the service where the page is not readable', async () => {
    const folder = readOnlyCheckout((copy) => {
      const page = addPage(copy)
      for (const name of readdirSync(page)) chmodSync(join(page, name), 0)
    })
    const { logged, service } = await start(folder)
    expect(logged()).toEqual([expect.stringContaining('EACCES')])
    expect(await service.status('/')).toBe(503)
  })

  it('runs the service where the bundler cannot run', async () => {
    const env = { ESBUILD_BINARY_PATH: '/dev/null' }
    const { reported, service } = await start(readOnlyCheckout(), env)
    expect(reported()).toEqual([expect.stringMatching(/is not built and cannot be built: /)])
    expect(await service.status('/')).toBe(503)
  })

  it('runs the demo', async () => {
    const cwd = readOnlyCheckout()
    const program = startUnprivileged('npm', ['run', 'demo'], { cwd, env: { HTTP_PORT: '0' } })
    const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
    await eventually(async () => (await readerOf(url).status('/readyz')) === 200)
    expect(await readerOf(url).state('BTC-PERPETUAL')).toBe('live')
    expect(program.stderr.filter((line) => line.includes('live page'))).toHaveLength(1)
  })

  it('runs the stack with logs in another folder', needs('java', 'maven'), async () => {
    // The jars as in a used clone.
    const cwd = readOnlyCheckout((copy) => symlinkSync(join(ROOT, '.cache'), join(copy, '.cache')))
    const words = ['--free-ports', '--consumers', '1', '--instruments', '2']
    const program = startUnprivileged('npm', ['run', 'stack', '--', ...words], { cwd })
    await program.waitForLine(/Ctrl-C stops everything in order/, { timeoutMs: 90_000 })
    const [, folder] = await program.waitForLine(/EACCES.*; logs and data are in (.*)/)
    await program.waitForLine(new RegExp(`Logs: ${folder}/`))
    program.kill('SIGINT')
    expect(await program.exited).toMatchObject({ code: 0 })
  })
})

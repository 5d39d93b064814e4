import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { beforeAll, describe, expect, it } from 'vitest'
import { readVersion } from '../../src/runtime.ts'
import { readerOf } from '../pipeline/running-service.ts'
import { eventually } from '../support/eventually.ts'
import { needs } from '../support/needs.ts'
import { startUnprivileged } from '../support/other-user.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The PATH of a user, without our own programs. */
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter)
const INSTALL = ['install', '--no-fund', '--no-audit', '--no-save', '--prefer-offline']

/** For a build and a hundred packages, downloaded where they are not cached. */
const INSTALL_MS = 600_000

/** Runs a program to its end. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr + stdout}`)
}

/** Installs `packages` into an empty folder. */
function install(...packages: string[]): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'package.json'), '{"private":true,"allowScripts":{"node":true}}')
  run('npm', [...INSTALL, ...packages], folder)
  return folder
}

describe('the packed tarball, installed beside node@24', () => {
  let tarball = ''
  let home = ''

  beforeAll(() => {
    const folder = temporaryFolder()
    const answer = run('npm', ['pack', '--json', '--pack-destination', folder], process.cwd())
    tarball = join(folder, /"filename": "([^"]+\.tgz)"/.exec(answer)?.[1] ?? '')
    home = install('node@24', tarball)
  }, INSTALL_MS)

  /** Like npx, but signals reach the program. */
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const programs = join(home, 'node_modules', '.bin')
    return startProcess(join(programs, 'orderbook-exporter'), args, {
      cwd: home,
      env: { PATH: `${programs}${delimiter}${PATH}`, HTTP_PORT: '0', ...env },
    })
  }

  it('prints its version with npx', () => {
    const answer = run('npx', ['--offline', 'orderbook-exporter', '--version'], home)
    expect(answer).toBe(`${readVersion()}\n`)
  })

  it('runs the demo, which shows live values and stops cleanly', async () => {
    const program = start(['demo'])
    const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
    await eventually(async () => (await readerOf(url).status('/readyz')) === 200)
    expect(await readerOf(url).state('BTC-PERPETUAL')).toBe('live')
    const html = await (await readerOf(url).get('/')).text()
    expect(html).toContain('<title>orderbook-exporter</title>')
    const [, script = 'no script'] = /src="(page\/page-\w+\.js)"/.exec(html) ?? []
    expect(await readerOf(url).status(`/${script}`)).toBe(200)
    program.kill('SIGINT')
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })

  it('runs the simulator, and the service against it', async () => {
    const simulator = start(['simulator', '--port', '0'])
    const [, exchange = ''] = await simulator.waitForLine(/^(ws:\S+) \(16 instruments\)$/)
    const service = start([], { DERIBIT_URL: exchange })
    const [, url = ''] = await service.waitForLine(/"url":"(http:[^"]+)".*"msg":"started"/)
    await eventually(async () => (await readerOf(url).state('ETH-PERPETUAL')) === 'live')
    for (const program of [service, simulator]) {
      program.kill('SIGINT')
      expect(await program.exited).toEqual({ code: 0, signal: null })
    }
  })

  it('runs as another user without write access', needs('unprivileged'), async () => {
    const simulator = start(['simulator', '--port', '0'])
    const [, exchange = ''] = await simulator.waitForLine(/^(ws:\S+) \(16 instruments\)$/)
    chmodSync(home, 0o755)
    const programs = join(home, 'node_modules', '.bin')
    const service = startUnprivileged(join(programs, 'orderbook-exporter'), [], {
      cwd: home,
      env: {
        PATH: `${programs}${delimiter}${PATH}`,
        HTTP_PORT: '0',
        DERIBIT_URL: exchange,
      },
    })
    const [, url = ''] = await service.waitForLine(/"url":"(http:[^"]+)".*"msg":"started"/)
    await eventually(async () => (await readerOf(url).state('ETH-PERPETUAL')) === 'live')
    expect(await readerOf(url).status('/')).toBe(200)
  })

  it('exits with 2 and names the required version on an older Node', async () => {
    const older = join(install('node@20'), 'node_modules', '.bin', 'node')
    const entry = join(home, 'node_modules', '.bin', 'orderbook-exporter')
    const program = startProcess(older, [entry, 'demo'])
    expect(await program.exited).toEqual({ code: 2, signal: null })
    expect(program.lines).toEqual([
      expect.stringMatching(
        /^orderbook-exporter requires Node 22\.18 or newer \(found v20\.\d+\.\d+\)$/,
      ),
    ])
  })
})

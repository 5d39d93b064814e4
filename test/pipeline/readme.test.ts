import { readFileSync } from 'node:fs'
import process from 'node:process'
import { expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startProcess } from '../support/start-process.ts'
import { readerOf } from './running-service.ts'

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const OWN_ADDRESS = 'http://127.0.0.1:9464'

/** npm commands, not our scripts. */
const OF_NPM_ITSELF = ['ci', 'pack', 'install']

it('every curl of the README is answered by the demo', async () => {
  const program = startProcess(process.execPath, ['src/cli.ts', 'demo'], {
    env: { HTTP_PORT: '0', LOG_LEVEL: 'warn' },
  })
  const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
  const demo = readerOf(url)
  await eventually(async () => (await demo.state('BTC-PERPETUAL')) === 'live')
  await eventually(async () => (await demo.status('/readyz')) === 200)
  const asked = [...README.matchAll(/^curl (?:"([^"]+)"|(\S+))/gm)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  )
  expect(asked.length).toBeGreaterThanOrEqual(6)
  for (const address of asked) {
    expect(address.startsWith(OWN_ADDRESS)).toBe(true)
    const path = address.slice(OWN_ADDRESS.length)
    expect([path, await demo.status(path)]).toEqual([path, 200])
  }
})

it('every script that the README runs exists, and every file that it links to', () => {
  const { scripts } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { scripts: Readonly<Record<string, string>> }
  const named = [...README.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name = '']) => name)
  for (const name of new Set(named)) {
    if (!OF_NPM_ITSELF.includes(name)) expect(Object.keys(scripts)).toContain(name)
  }
  for (const [, link = ''] of README.matchAll(/\]\(([^)]+\.md)\)/g)) {
    expect(readFileSync(new URL(`../../${link}`, import.meta.url), 'utf8')).not.toBe('')
  }
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { examples } from '../support/api-page.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { needs } from '../support/needs.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { readerOf } from './running-service.ts'

const ADDRESS = 'http://127.0.0.1:9464'
const CURL_TIMED_OUT = 28

async function startDemo() {
  const program = startProcess(process.execPath, ['src/cli.ts', 'demo'], {
    env: { HTTP_PORT: '0', LOG_LEVEL: 'warn' },
  })
  const [, url = ''] = await program.waitForLine(/(http:\S+)\/readyz/)
  // Its age is known once the clock offset is measured.
  await eventually(async () => {
    const { ageMs } = await readerOf(url).snapshot('BTC-PERPETUAL')
    return typeof ageMs === 'number'
  })
  return url
}

describe('the examples of docs/api.md', () => {
  it('in curl are answered', { ...needs('curl') }, async () => {
    const url = await startDemo()
    const commands = examples('sh')
      .flatMap((text) => text.trim().split('\n'))
      .filter((line) => line.startsWith('curl '))
    expect(commands.length).toBeGreaterThanOrEqual(3)
    for (const command of commands) {
      const curl = startProcess('sh', ['-c', command.replaceAll(ADDRESS, url)])
      const { code } = await curl.exited
      expect([0, CURL_TIMED_OUT]).toContain(code)
      const answer = curl.stdout.join('\n')
      if (code === 0) expect(Object.keys(JSON.parse(answer) as object).length).toBeGreaterThan(0)
      else expect(answer).toContain('event: snapshot')
    }
  })

  it('in Python print a price and five events', { ...needs('python') }, async () => {
    const url = await startDemo()
    const [script = '', ...more] = examples('python').filter((text) => text.includes(ADDRESS))
    expect(more).toEqual([])
    const python = startProcess('python3', ['-c', script.replaceAll(ADDRESS, url)])
    expect((await python.exited).code, python.lines.join('\n')).toBe(0)
    expect(python.stdout).toHaveLength(6)
    expect(python.stdout[0]).toMatch(/^BTC-PERPETUAL [\d.]+ age [\d.]+ ms$/)
    expect(python.stdout[1]).toBe('state BTC-PERPETUAL live None')
    expect(python.stdout[5]).toMatch(/^snapshot BTC-PERPETUAL live [\d.]+$/)
  })

  it('in TypeScript print a price and stream events', async () => {
    const url = await startDemo()
    const [script = ''] = examples('ts')
    const client = new URL('../../client/api-client.ts', import.meta.url).href
    const file = join(temporaryFolder(), 'example.ts')
    writeFileSync(file, script.replace('./client/api-client.ts', client).replaceAll(ADDRESS, url))
    const program = startProcess(process.execPath, [file])
    expect((await program.exited).code, program.lines.join('\n')).toBe(0)
    expect(program.stdout).toHaveLength(3)
    expect(program.stdout[0]).toMatch(/^[\d.]+$/)
    expect(program.stdout[1]).toBe('BTC-PERPETUAL live')
    expect(program.stdout[2]).toMatch(/^BTC-PERPETUAL [\d.]+$/)
  })

  it('in PromQL have results in a Prometheus', { ...needs('prometheus') }, async () => {
    const url = await startDemo()
    const queries = examples('promql')
    expect(queries.length).toBeGreaterThanOrEqual(5)
    const ask = await startPrometheus(new URL(url).host)
    for (const query of queries) {
      await eventually(async () => (await ask(query)) > 0, { timeoutMs: 60_000, intervalMs: 200 })
    }
  })
})

/** Scrapes one address every second; returns the number of results of a query. */
async function startPrometheus(target: string): Promise<(query: string) => Promise<number>> {
  const folder = temporaryFolder()
  const config = join(folder, 'prometheus.yml')
  const job = `{ job_name: orderbook, static_configs: [{ targets: ['${target}'] }] }`
  writeFileSync(config, `global: { scrape_interval: 1s }\nscrape_configs: [${job}]\n`)
  const address = `127.0.0.1:${await freePort()}`
  const prometheus = startProcess('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ])
  await prometheus.waitForLine(/Server is ready/)
  return async (query) => {
    const asked = `http://${address}/api/v1/query?query=${encodeURIComponent(query)}`
    const { status, data } = (await (await fetch(asked)).json()) as {
      status: string
      data: { result: unknown[] }
    }
    expect([query, status]).toEqual([query, 'success'])
    return data.result.length
  }
}

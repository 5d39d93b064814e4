import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { mostWithin, NotificationCounter } from '../../../tools/alerts/notification-counter.ts'
import { registerCleanUp } from '../../support/clean-up.ts'
import { eventually } from '../../support/eventually.ts'
import { freePort } from '../../support/free-port.ts'
import { ALERTMANAGER, needs } from '../../support/needs.ts'
import { startProcess } from '../../support/start-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SHIPPED = fileURLToPath(new URL('../../../prometheus/alertmanager.yml', import.meta.url))

interface Configuration {
  readonly route: unknown
  readonly receivers: readonly { readonly name: string }[]
}

async function startCounter() {
  const counter = await NotificationCounter.start()
  registerCleanUp(() => {
    counter.stop()
  })
  const file = join(temporaryFolder(), 'alertmanager.yml')
  counter.writeConfig(SHIPPED, file)
  return { counter, file }
}

describe('the count of notifications', () => {
  it('keeps the routes of the shipped configuration and reaches every receiver', async () => {
    const { file } = await startCounter()
    const [shipped, written] = [SHIPPED, file].map(
      (path) => parse(readFileSync(path, 'utf8')) as Configuration,
    )
    expect(written?.route).toEqual(shipped?.route)
    const webhook = { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/) as unknown }
    expect(written?.receivers).toEqual(
      shipped?.receivers.map(({ name }) => ({
        name,
        webhook_configs: [expect.objectContaining(webhook)],
      })),
    )
  })

  it(
    'has one of a real Alertmanager for a hundred alerts of a name, and none of the switch',
    needs('alertmanager'),
    async () => {
      const { counter, file } = await startCounter()
      const config = readFileSync(file, 'utf8')
      expect(config).toContain('group_wait: 10s')
      writeFileSync(file, config.replace('group_wait: 10s', 'group_wait: 200ms'))
      const port = await freePort()
      startProcess(ALERTMANAGER, [
        `--config.file=${file}`,
        `--storage.path=${temporaryFolder()}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ])
      const url = `http://127.0.0.1:${port}/api/v2`
      await eventually(async () => (await fetch(`${url}/status`)).ok, { timeoutMs: 30_000 })
      const alerts = Array.from({ length: 100 }, (_one, index) => ({
        labels: {
          alertname: 'OrderBookStale',
          severity: 'warning',
          job: 'a',
          instrument: `I${index}`,
        },
      }))
      const watchdog = { labels: { alertname: 'Watchdog', severity: 'none', job: 'a' } }
      const response = await fetch(`${url}/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([watchdog, ...alerts]),
      })
      expect(response.status).toBe(200)
      await eventually(() => counter.received.length > 0)
      expect(counter.received).toMatchObject([
        { receiver: 'today', status: 'firing', alertname: 'OrderBookStale', alertCount: 100 },
      ])
    },
  )

  it.each<[timesMs: number[], most: number]>([
    [[], 0],
    [[5], 1],
    [[0, 60, 61], 2],
    [[0, 30, 60], 3],
    [[0, 1, 100, 101, 102, 200], 3],
  ])('is the largest of any window: %j within 60 is %d', (timesMs, most) => {
    expect(mostWithin(timesMs, 60)).toBe(most)
  })
})

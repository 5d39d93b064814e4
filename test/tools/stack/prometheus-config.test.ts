import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withTargets } from '../../../tools/stack/prometheus-config.ts'
import { needs } from '../../support/needs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SHIPPED_FILE = 'prometheus/prometheus.yml'
const SHIPPED = readFileSync(SHIPPED_FILE, 'utf8')
const TARGETS = {
  services: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'],
  prometheus: '127.0.0.1:5',
  alertmanager: '127.0.0.1:6',
  ruleFiles: '/somewhere/rules/*.yml',
}

function run(program: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

const lint = (file: string) =>
  run('promtool', ['check', 'config', '--lint=all', '--lint-fatal', file])

describe('the configuration of Prometheus', () => {
  it('scrapes producer and consumers every 5 s by their container names', () => {
    expect(parse(SHIPPED)).toMatchObject({
      global: { scrape_interval: '5s', evaluation_interval: '5s' },
      scrape_configs: [
        {
          job_name: 'orderbook',
          static_configs: [{ targets: ['producer:9464', 'consumer-1:9464', 'consumer-2:9464'] }],
        },
        { job_name: 'prometheus' },
      ],
    })
  })

  it('passes promtool, also with the targets of a stack', needs('promtool'), () => {
    expect(lint(SHIPPED_FILE)).toMatchObject({ status: 0 })
    const file = join(temporaryFolder(), 'prometheus.yml')
    writeFileSync(file, withTargets(SHIPPED, TARGETS))
    expect(lint(file)).toMatchObject({ status: 0 })
  })

  it('differs for a stack only in addresses and paths', () => {
    const shipped = parse(SHIPPED) as Record<string, unknown>
    const jobs = shipped['scrape_configs'] as Record<string, unknown>[]
    const ofJob = (name: string, targets: readonly string[]) => ({
      ...jobs.find(({ job_name }) => job_name === name),
      static_configs: [{ targets }],
    })
    expect(parse(withTargets(SHIPPED, TARGETS))).toEqual({
      ...shipped,
      rule_files: [TARGETS.ruleFiles],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [TARGETS.alertmanager] }] }] },
      scrape_configs: [
        ofJob('orderbook', TARGETS.services),
        ofJob('prometheus', [TARGETS.prometheus]),
      ],
    })
  })

  it('sends no alerts without an Alertmanager, and uses the given interval', () => {
    const config: unknown = parse(
      withTargets(SHIPPED, { ...TARGETS, alertmanager: null, interval: '1s' }),
    )
    expect(config).not.toHaveProperty('alerting')
    expect(config).toMatchObject({ global: { scrape_interval: '1s', evaluation_interval: '1s' } })
  })

  it('is rejected where the job to change is missing', () => {
    expect(() => withTargets('scrape_configs: []', TARGETS)).toThrow(/has no job orderbook/)
    expect(() => withTargets('a: [', TARGETS)).toThrow()
  })
})

describe('the configuration of Alertmanager', needs('alertmanager'), () => {
  const file = 'prometheus/alertmanager.yml'

  it('passes amtool', () => {
    expect(run('amtool', ['check-config', file])).toMatchObject({ status: 0 })
  })

  it.each([
    ['pager', ['severity=critical', 'alertname=OrderBookStale']],
    ['today', ['severity=warning']],
    ['nobody', ['severity=info']],
    ['dead-man-switch', ['alertname=Watchdog', 'severity=none']],
  ])('notifies %s of %j', (receiver, labels) => {
    const args = [`--config.file=${file}`, `--verify.receivers=${receiver}`, ...labels]
    expect(run('amtool', ['config', 'routes', 'test', ...args])).toMatchObject({ status: 0 })
  })
})

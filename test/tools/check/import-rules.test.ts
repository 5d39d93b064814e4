import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { startProcess } from '../../support/start-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Module -> its imports; paths from src/, packages by name. */
const ALLOWED: [from: string, to: string][] = [
  ['app.ts', 'config.ts'],
  ['app.ts', 'close-with-grace'],
  ['config.ts', 'config/settings.ts'],
  ['config/settings.ts', 'errors.ts'],
  ['config/settings.ts', 'typebox'],
  ['deribit/feed.ts', 'model/frame.ts'],
  ['deribit/feed.ts', 'errors.ts'],
  ['deribit/feed.ts', 'ws'],
  ['deribit/tunnel.ts', 'https-proxy-agent'],
  ['deribit/metrics.ts', 'observability/catalogue.ts'],
  ['ingest/ingest.ts', 'book/order-book.ts'],
  ['ingest/metrics.ts', 'observability/catalogue.ts'],
  ['topic/kafka/producer.ts', 'kafkajs'],
  ['topic/metrics.ts', 'observability/catalogue.ts'],
  ['analytics/numbers.ts', 'book/order-book.ts'],
  ['process/processor.ts', 'analytics/numbers.ts'],
  ['process/metrics.ts', 'observability/catalogue.ts'],
  ['numbers/publisher.ts', 'model/frame.ts'],
  ['http/server.ts', 'fastify'],
  ['http/metrics.ts', 'observability/catalogue.ts'],
  ['observability/catalogue.ts', 'prom-client'],
  ['observability/logger.ts', 'pino'],
  ['observability/logger.ts', 'model/frame.ts'],
  ['process/market-collector.ts', 'observability/catalogue.ts'],
  ['ingest/ingest.ts', 'time/clock.ts'],
  ['time/deadline.ts', 'errors.ts'],
  ['observability/tracing/recorder.ts', '@opentelemetry/api'],
  ['config/otel.ts', '@opentelemetry/configuration'],
  ['simulator/market.ts', 'deribit/protocol/messages.ts'],
  ['simulator/market.ts', 'book/order-book.ts'],
  ['simulator/market.ts', 'errors.ts'],
  // The way back of a cycle, which is reported once.
  ['ingest/y.ts', 'ingest/x.ts'],
  ['topic/types-sender.ts', 'topic/sender.ts'],
]

const FORBIDDEN: [rule: string, from: string, to: string][] = [
  ['model-imports-only-its-row', 'model/a.ts', 'errors.ts'],
  ['book-imports-only-its-row', 'book/a.ts', 'errors.ts'],
  ['analytics-imports-only-its-row', 'analytics/a.ts', 'process/processor.ts'],
  ['deribit-imports-only-its-row', 'deribit/a.ts', 'ingest/ingest.ts'],
  ['deribit-imports-only-its-row', 'deribit/b.ts', 'observability/catalogue.ts'],
  ['ingest-imports-only-its-row', 'ingest/a.ts', 'process/processor.ts'],
  ['ingest-imports-only-its-row', 'ingest/b.ts', 'topic/kafka/producer.ts'],
  ['ingest-imports-only-its-row', 'ingest/c.ts', 'config.ts'],
  ['ingest-imports-only-its-row', 'ingest/types-a.ts', 'process/processor.ts'],
  ['topic-imports-only-its-row', 'topic/a.ts', 'book/order-book.ts'],
  ['numbers-imports-only-its-row', 'numbers/a.ts', 'process/processor.ts'],
  ['process-imports-only-its-row', 'process/a.ts', 'ingest/ingest.ts'],
  ['process-imports-only-its-row', 'process/b.ts', 'deribit/protocol/messages.ts'],
  ['process-imports-only-its-row', 'process/c.ts', 'observability/catalogue.ts'],
  ['http-imports-only-its-row', 'http/a.ts', 'process/processor.ts'],
  ['observability-imports-only-its-row', 'observability/a.ts', 'errors.ts'],
  ['time-imports-only-its-row', 'time/a.ts', 'model/frame.ts'],
  ['simulator-imports-only-its-row', 'simulator/a.ts', 'deribit/feed.ts'],
  ['signals-imports-only-its-row', 'signals/a.ts', 'process/processor.ts'],
  ['recording-imports-only-its-row', 'recording/a.ts', 'deribit/feed.ts'],
  ['commands/verify-imports-only-its-row', 'commands/verify/a.ts', 'process/processor.ts'],
  ['config-imports-only-its-row', 'config/a.ts', 'model/frame.ts'],
  ['errors-imports-only-its-row', 'errors/a.ts', 'model/frame.ts'],
  ['ingest-metrics-imports-only-its-row', 'ingest/metrics.ts', 'process/processor.ts'],
  ['process-metrics-imports-only-its-row', 'process/metrics.ts', 'ingest/ingest.ts'],
  ['topic-metrics-imports-only-its-row', 'topic/metrics.ts', 'deribit/feed.ts'],
  ['deribit-metrics-imports-only-its-row', 'deribit/metrics.ts', 'http/server.ts'],
  ['http-metrics-imports-only-its-row', 'http/metrics.ts', 'book/order-book.ts'],
  ['kafkajs-only-at-home', 'topic/c.ts', 'kafkajs'],
  ['ws-only-at-home', 'ingest/d.ts', 'ws'],
  ['https-proxy-agent-only-at-home', 'config/d.ts', 'https-proxy-agent'],
  ['fastify-only-at-home', 'process/d.ts', 'fastify'],
  ['fastify-only-at-home', 'process/e.ts', '@fastify/type-provider-typebox'],
  ['pino-only-at-home', 'http/b.ts', 'pino'],
  ['prom-client-only-at-home', 'topic/d.ts', 'prom-client'],
  ['opentelemetry-only-at-home', 'process/f.ts', '@opentelemetry/api'],
  ['opentelemetry-only-at-home', 'config/otel.ts', '@opentelemetry/sdk-node'],
  ['parser-only-at-home', 'observability/tracing/g.ts', '@opentelemetry/configuration'],
  ['close-with-grace-only-at-home', 'topic/e.ts', 'close-with-grace'],
  ['heart-stays-pure', 'book/b.ts', 'typebox'],
  ['heart-stays-pure', 'analytics/b.ts', 'node:fs'],
  ['src-stands-alone', 'deribit/c.ts', '../test/support/free-port.ts'],
  ['src-stands-alone', 'deribit/d.ts', '../tools/docs/generate.ts'],
  ['src-stands-alone', 'http/c.ts', '../web/data/link.ts'],
  ['web-uses-the-api', '../web/a.ts', 'errors.ts'],
  ['no-package-of-development', 'config/b.ts', 'fast-check'],
  ['no-undeclared-package', 'config/c.ts', 'safe-stable-stringify'],
  ['no-cycle', 'ingest/x.ts', 'ingest/y.ts'],
  ['no-cycle', 'topic/sender.ts', 'topic/types-sender.ts'],
]

interface Report {
  summary: {
    violations: { rule: { name: string }; from: string; to: string }[]
    ruleSetUsed: { forbidden: { name: string }[] }
  }
}

/** Writes the modules of both tables, all reachable from bin.ts except dead.ts. */
function writeTree(folder: string): void {
  const imports = new Map<string, string[]>([['nowhere.ts', ['not-there.ts']]])
  for (const rule of [...ALLOWED, ...FORBIDDEN]) {
    const [from, to] = rule.slice(-2) as [string, string]
    imports.set(from, [...(imports.get(from) ?? []), to])
    if (to.endsWith('.ts')) imports.set(to, imports.get(to) ?? [])
  }
  imports.set(
    'bin.ts',
    [...imports.keys()].filter((name) => !name.startsWith('../')),
  )
  imports.set('dead.ts', [])
  for (const [name, targets] of imports) {
    const path = join(folder, 'src', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, targets.map((target) => importStatement(name, target)).join('\n'))
  }
}

function importStatement(from: string, to: string): string {
  const what = basename(from).startsWith('types-') ? 'type { A } from ' : ''
  return `import ${what}'${to.endsWith('.ts') ? `./${relative(join('src', dirname(from)), join('src', to))}` : to}'`
}

/** Name of the imported module in a violation. */
function pathOf(to: string): string {
  return to.endsWith('.ts') ? join('src', to) : to.replace(/^node:/, '')
}

/** Packages by name, other modules by path. */
function nameOf(path: string): string {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path
}

describe('the import rules', () => {
  let violations: string[] = []
  let ruleNames: string[] = []

  beforeAll(async () => {
    const folder = temporaryFolder()
    writeTree(folder)
    for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
      copyFileSync(join(ROOT, name), join(folder, name))
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const depcruise = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
    const options = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json']
    const args = [...options, 'src', 'web']
    const running = startProcess(process.execPath, [depcruise, ...args], { cwd: folder })
    await running.exited
    expect(running.stderr).toEqual([])
    const { summary } = JSON.parse(running.stdout.join('\n')) as Report
    ruleNames = summary.ruleSetUsed.forbidden.map(({ name }) => name)
    violations = summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} -> ${nameOf(to)}`,
    )
  })

  it.each(FORBIDDEN)('%s forbids %s -> %s', (rule, from, to) => {
    expect(violations).toContain(`${rule}: ${pathOf(from)} -> ${pathOf(to)}`)
  })

  it('forbid a module that is not reachable from bin.ts', () => {
    const dead = violations.filter((line) => line.startsWith('no-dead-module'))
    expect(dead).toEqual(['no-dead-module: src/dead.ts -> src/dead.ts'])
  })

  it('forbid an import that cannot be resolved', () => {
    const missing = violations.filter((line) => line.startsWith('no-missing-module'))
    expect(missing).toEqual(['no-missing-module: src/nowhere.ts -> ./not-there.ts'])
  })

  it('each have an example here', () => {
    const special = ['no-dead-module', 'no-missing-module']
    const shown = new Set([...FORBIDDEN.map(([rule]) => rule), ...special])
    expect([...shown].toSorted()).toEqual(ruleNames.toSorted())
  })

  it.each(ALLOWED)('allow %s -> %s', (from, to) => {
    const rule = `: src/${from} -> ${pathOf(to)}`
    expect(violations.filter((violation) => violation.endsWith(rule))).toEqual([])
  })
})

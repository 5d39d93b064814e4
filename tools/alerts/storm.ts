import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { JOB } from '../../prometheus/src/generation.ts'
import { ask } from '../stack/probes.ts'
import { freePorts } from '../stack/stack-options.ts'
import { describeDeath, type Stack } from '../stack/stack.ts'
import { startStack } from '../stack/start-stack.ts'
import { AlertWatch } from './alert-watch.ts'
import { mostWithin, NotificationCounter } from './notification-counter.ts'

const SHIPPED = fileURLToPath(new URL('../../prometheus/alertmanager.yml', import.meta.url))
/** One dead feed is at most so many messages in any minute, at any number of books. */
export const MAX_IN_A_MINUTE = 5
const MINUTE_MS = 60_000
/** Longer than the longest wait of an alert of feed and books (three minutes), plus that of its group. */
const WATCHED_MS = 5 * MINUTE_MS
const SERVED_WITHIN_MS = 300_000
const QUIET_WITHIN_MS = 600_000
/** Longer than the shortest waits, so that a pending alert of the start has fired or gone. */
const QUIET_FOR_MS = 45_000
const POLL_MS = 1000
const WATCH_POLL_MS = 5000
const QUERY_WITHIN_MS = 30_000
/** Alerts that a machine too slow for so many books causes without any fault. They are counted all the same. */
const OF_SLOW_MACHINES =
  /^OrderBook(LagBudgetBurn.+|PipelineLagHigh|EventLoopBlocked|ScrapesFailing)$/
/** Changes per second over all books: the alerts are under test here, not the throughput. */
const MAX_RATE_PER_SECOND = 300

export interface StormDeps {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

interface ValueAnswer {
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
}

/**
 * Cuts the feed of a stack with `books` books under the shipped rules, waits and routes, and counts the
 * notifications that Alertmanager sends.
 * @returns whether they are at most five in any minute, and at least one page
 */
export async function runStorm(books: number, { say, signal }: StormDeps): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), `orderbook-storm-${books}-`))
  const counter = await NotificationCounter.start()
  const alertmanagerConfig = join(folder, 'alertmanager.yml')
  counter.writeConfig(SHIPPED, alertmanagerConfig)
  let stack: Stack | null = null
  try {
    const deaths: string[] = []
    stack = await startStack(
      {
        folder,
        ports: freePorts(2),
        instruments: books,
        ratePerSecond: Math.min(books, MAX_RATE_PER_SECOND),
        alertmanagerConfig,
      },
      { signal, onDeath: (death) => deaths.push(describeDeath(death)) },
    )
    const { prometheus, alertmanager } = stack
    if (prometheus === null || alertmanager === null) throw new Error(stack.missing.join('\n'))
    await untilAllServed(prometheus.url, books, signal)
    const watch = new AlertWatch(alertmanager.url, signal, WATCH_POLL_MS)
    await watch.untilQuiet('quiet before', QUIET_WITHIN_MS, QUIET_FOR_MS, (alertname) =>
      OF_SLOW_MACHINES.test(alertname),
    )
    const already = new Set(watch.firing.map(({ labels }) => labels['alertname'] ?? ''))
    say(`${books} books are live; firing already: ${[...already].join(', ') || 'nothing'}`)
    const before = counter.received.length
    const cutMs = performance.now()
    watch.forget()
    await stack.setFaults('5xx,reset')
    await watch.until(
      () => 'watched',
      2 * WATCHED_MS,
      () => performance.now() - cutMs >= WATCHED_MS,
    )
    const [death] = deaths
    if (death !== undefined) throw new Error(death)
    const sent = counter.received.slice(before)
    for (const { atMs, receiver, status, alertname, alertCount } of sent) {
      const seconds = ((atMs - cutMs) / 1000).toFixed(0).padStart(4)
      say(`${seconds} s  ${receiver}: ${alertname} ${status} (${alertCount})`)
    }
    const counts = Map.groupBy(watch.seen, ({ labels }) => labels['alertname'] ?? '')
    say(`fired: ${[...counts].map(([name, alerts]) => `${name} ${alerts.length}`).join(', ')}`)
    const heldBack = watch.seen.filter(({ isHeldBack }) => isHeldBack).length
    const others = sent.filter(({ alertname }) => OF_SLOW_MACHINES.test(alertname)).length
    const timesMs = sent.map(({ atMs }) => atMs)
    const most = mostWithin(timesMs, MINUTE_MS)
    const pages = sent.filter(({ receiver }) => receiver === 'pager').length
    say(await describeEvaluations(prometheus.url))
    say(
      `${books} books, feed dead for ${WATCHED_MS / MINUTE_MS} minutes: ${watch.seen.length} alerts fired, ` +
        `${heldBack} of them inhibited; ${sent.length} notifications, of which ${pages} pages and ` +
        `${others} about a slow machine; at most ${most} within a minute`,
    )
    return pages > 0 && most <= MAX_IN_A_MINUTE
  } finally {
    await stack?.stop()
    counter.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Describes how long Prometheus took for the rules while the feed was dead, and how many evaluations it missed. */
async function describeEvaluations(url: string): Promise<string> {
  const range = `[${WATCHED_MS / 1000}s]`
  const duration = 'prometheus_rule_group_last_duration_seconds'
  const [most, mean, missed] = await Promise.all(
    [
      `sum(max_over_time(${duration}${range}))`,
      `sum(avg_over_time(${duration}${range}))`,
      `sum(increase(prometheus_rule_group_iterations_missed_total${range}))`,
    ].map(async (query) => {
      const [first] = await readQuery(url, query)
      return Number(first?.value[1])
    }),
  )
  return (
    `one evaluation of all rules: ${mean?.toFixed(3)} s in the mean, ${most?.toFixed(3)} s at most ` +
    `(sum of the slowest of each group); ${missed?.toFixed(0)} evaluations missed`
  )
}

async function readQuery(url: string, query: string): Promise<ValueAnswer['data']['result']> {
  const response = await ask(
    `${url}/api/v1/query?query=${encodeURIComponent(query)}`,
    QUERY_WITHIN_MS,
  )
  const { data } = (await response.json()) as ValueAnswer
  return data.result
}

/** Waits until Prometheus knows every book, and that each is served. */
async function untilAllServed(url: string, books: number, signal: AbortSignal): Promise<void> {
  const query = `job:orderbook_expected_books:count{job="${JOB}"} == ${books} and on (job) job:orderbook_missing_books:ratio == 0`
  const endMs = performance.now() + SERVED_WITHIN_MS
  for (;;) {
    if ((await readQuery(url, query)).length > 0) return
    if (performance.now() > endMs) throw new Error(`not all of the ${books} books are served`)
    await sleep(POLL_MS, undefined, { signal })
  }
}

import { availableParallelism, loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { AlertTestbed } from './alert-testbed.ts'
import { AlertWatch, describeAlert, type FiringAlert, isMeant } from './alert-watch.ts'
import type { ExpectedAlert, Scenario } from './scenario.ts'

/** Waits of a scenario, by the speed of the rules. */
interface Pace {
  readonly quietWithinMs: number
  /** Quiet time without alerts before a fault is injected. */
  readonly quietForMs: number
  readonly firesWithinMs: number
  /** Time after the last expected alert in which further ones are noticed. */
  readonly lingerMs: number
  readonly resolvedWithinMs: number
}
const SHORTENED: Pace = {
  quietWithinMs: 120_000,
  quietForMs: 3000,
  firesWithinMs: 150_000,
  lingerMs: 3000,
  resolvedWithinMs: 300_000,
}
const REAL: Pace = {
  quietWithinMs: 600_000,
  quietForMs: 45_000,
  firesWithinMs: 900_000,
  lingerMs: 45_000,
  // Windows of ten minutes and `keep_firing_for`.
  resolvedWithinMs: 1_800_000,
}
/** A stall of this length also stalls the service and is large in shortened windows. */
const STALL_MS = 200
/** Load per processor above which other programs are running. */
const MAX_LOAD = 2
/** Alerts that a stalled machine may cause: delayed updates, and scrapes longer than a second. */
const OF_STALLS = [
  'OrderBookPipelineLagHigh',
  'OrderBookLagBudgetBurnFast',
  'OrderBookEventLoopBlocked',
  'OrderBookExporterDown',
]
const NANOSECONDS_IN_MS = 1e6

export interface Played {
  /** Names of the alerts that fired by chance. */
  readonly byChance: readonly string[]
  /** Describes other load of the machine; null without any. */
  readonly machine: string | null
  /** Seconds until no alert fired, until all expected ones fired, and until all were resolved. */
  readonly seconds: readonly [quiet: number, fired: number, resolved: number]
}

/**
 * Runs a scenario: quiet, fault injected, exactly the expected alerts, fault removed, quiet again.
 * @param signal aborts it; the fault is removed then too
 * @throws Error that names unexpected and missing alerts; the fault is removed then too
 */
export async function runScenario(
  scenario: Scenario,
  testbed: AlertTestbed,
  signal: AbortSignal,
): Promise<Played> {
  const pace = testbed.isRealSpeed ? REAL : SHORTENED
  const watch = new AlertWatch(testbed.alertmanager.url, signal)
  const stalls = monitorEventLoopDelay()
  stalls.enable()
  let markMs = performance.now()
  const secondsSinceLast = () => {
    const seconds = Math.round((performance.now() - markMs) / 1000)
    markMs = performance.now()
    return seconds
  }
  await testbed.forgetPast()
  await watch.untilQuiet('quiet before', pace.quietWithinMs, pace.quietForMs)
  const quiet = secondsSinceLast()
  watch.forget()

  const fires = scenario.fires.map((one) => located(one, testbed))
  let isRecovered = false
  try {
    await scenario.inject(testbed)
    await untilAllFire(watch, fires, pace)
    const fired = secondsSinceLast()
    isRecovered = true
    await scenario.recover(testbed)
    await watch.untilQuiet('resolved', pace.resolvedWithinMs, pace.quietForMs)
    const machine = describeMachine(stalls.max / NANOSECONDS_IN_MS)
    const excused = machine === null ? [] : OF_STALLS
    const byChance = checkSeen(watch, fires, [...(scenario.mayFire ?? []), ...excused])
    return { byChance, machine, seconds: [quiet, fired, secondsSinceLast()] }
  } finally {
    stalls.disable()
    if (!isRecovered) await scenario.recover(testbed)
  }
}

/** @param stalledMs longest stall of this process */
function describeMachine(stalledMs: number): string | null {
  const [load = 0] = loadavg()
  if (stalledMs <= STALL_MS && load <= MAX_LOAD * availableParallelism()) return null
  return `the machine stalled for ${Math.round(stalledMs)} ms, load ${load.toFixed(1)}`
}

/** Adds the address of the process. */
function located(expected: ExpectedAlert, testbed: AlertTestbed): ExpectedAlert {
  const { from, of } = expected
  const part = testbed.services.find(({ name }) => name === from)
  return part === undefined
    ? expected
    : { ...expected, of: { ...of, instance: testbed.instanceOf(part) } }
}

/** Each must fire, not necessarily at the same time. */
async function untilAllFire(
  watch: AlertWatch,
  expected: readonly ExpectedAlert[],
  pace: Pace,
): Promise<void> {
  const word = ({ alert, isHeldBack }: ExpectedAlert) => `${alert}${isHeldBack ? ' held back' : ''}`
  const matches = (alert: FiringAlert, one: ExpectedAlert) =>
    isMeant(alert, one) &&
    (one.isHeldBack === null || alert.isHeldBack === (one.isHeldBack ?? false))
  const awaited = new Set(expected)
  const missing = () => `fires ${[...awaited].map(word).join(', ')}`
  await watch.until(missing, pace.firesWithinMs, (firing) => {
    for (const one of awaited) {
      if (firing.some((alert) => matches(alert, one))) awaited.delete(one)
    }
    return awaited.size === 0
  })
  const endMs = performance.now() + pace.lingerMs
  await watch.until(
    () => 'linger',
    pace.firesWithinMs,
    () => performance.now() >= endMs,
  )
}

function checkSeen(
  watch: AlertWatch,
  expected: readonly ExpectedAlert[],
  mayFire: readonly string[],
): string[] {
  const others = watch.seen.filter((alert) => !expected.some((one) => isMeant(alert, one)))
  const byChance = others.filter(({ labels }) => mayFire.includes(labels['alertname'] ?? ''))
  const wrong = others.filter((alert) => !byChance.includes(alert))
  if (wrong.length > 0) {
    throw new Error(`fired too:\n  ${wrong.map(describeAlert).sort().join('\n  ')}`)
  }
  return [...new Set(byChance.map(({ labels }) => labels['alertname'] ?? ''))].sort()
}

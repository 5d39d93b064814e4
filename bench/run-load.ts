import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { difference, quantileMs } from './lag-histogram.ts'
import { readUsage } from './process-usage.ts'
import type { Subject, SubjectOptions } from './subject.ts'

const SIMULATOR = fileURLToPath(new URL('../src/simulator/cli.ts', import.meta.url))
const SNAPSHOT_BYTES = '725'
/** Frames that may be pending at the end: batches in flight. */
const MAX_BACKLOG_SECONDS = 0.25

export interface Load {
  readonly instruments: number
  readonly ratePerSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
}

export interface Result {
  readonly name: string
  readonly offeredPerSecond: number
  readonly receivedPerSecond: number
  readonly consumedPerSecond: number
  /** Growth of the backlog between receipt and value over the run. */
  readonly behind: number
  readonly dropped: number
  readonly cpuMicrosecondsPerMessage: number
  /** Share of one core. */
  readonly cpuShare: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMegabytes: number
  /** Whether nothing was dropped and the backlog did not grow. */
  readonly isSustained: boolean
}

/** Runs one subject under one load, with its own exchange. */
export async function runLoad(
  load: Load,
  place: { brokers: string; topic: string },
  start: (options: SubjectOptions) => Subject | Promise<Subject>,
): Promise<Result> {
  const exchange = await startExchange(load)
  const subject = await start({ ...place, ...exchange })
  try {
    await sleep(load.warmUpSeconds * 1000)
    const [before, usageBefore, startedMs] = [
      await subject.counts(),
      readUsage(subject.pid),
      performance.now(),
    ]
    await sleep(load.seconds * 1000)
    const [after, usage] = [await subject.counts(), readUsage(subject.pid)]
    const seconds = (performance.now() - startedMs) / 1000
    const cpuSeconds = usage.cpuSeconds - usageBefore.cpuSeconds
    const lag = difference(after.lag, before.lag)
    const received = (after.received - before.received) / seconds
    const consumed = (after.consumed - before.consumed) / seconds
    // Frames before the run are no backlog: a subject starts at the end of the topic.
    const dropped = after.dropped - before.dropped
    const behind = after.received - before.received - (after.consumed - before.consumed) - dropped
    return {
      name: subject.name,
      offeredPerSecond: load.ratePerSecond,
      receivedPerSecond: received,
      consumedPerSecond: consumed,
      behind,
      dropped,
      cpuMicrosecondsPerMessage: (cpuSeconds * 1e6) / (consumed * seconds),
      cpuShare: cpuSeconds / seconds,
      p50Ms: quantileMs(lag, 0.5),
      p99Ms: quantileMs(lag, 0.99),
      rssMegabytes: usage.rssBytes / 1e6,
      isSustained:
        dropped === 0 && behind <= Math.max(100, load.ratePerSecond * MAX_BACKLOG_SECONDS),
    }
  } finally {
    await subject.stop()
    await exchange.stop()
  }
}

/** The simulated exchange as a process, with books that change at the given rate. */
export async function startExchange(load: Load) {
  const words = {
    port: '0',
    'control-port': '0',
    instruments: String(load.instruments),
    rate: String(load.ratePerSecond),
    'frame-bytes': SNAPSHOT_BYTES,
    'history-ms': '0',
  }
  const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, [SIMULATOR, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.setEncoding('utf8')
  let output = ''
  for await (const text of child.stdout as AsyncIterable<string>) {
    output += text
    if (output.includes('control: ')) break
  }
  const exchangeUrl = /^(ws:\S+)/m.exec(output)?.[1] ?? ''
  const control = /^control: (\S+)/m.exec(output)?.[1] ?? ''
  const { instruments } = (await (await fetch(`${control}/status`)).json()) as {
    instruments: string[]
  }
  return {
    exchangeUrl,
    instruments,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

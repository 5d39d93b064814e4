import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { LAG_BUCKETS_SECONDS } from '../src/observability/catalogue/histogram-buckets.ts'
import type { Counts, Subject, SubjectOptions } from './subject.ts'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Starts the bare loop as a process. */
export function startBareLoop(options: SubjectOptions): Subject {
  const child = fork(pathOf('bare-loop.ts'), [JSON.stringify(options)], { stdio: 'inherit' })
  return {
    name: 'bare loop',
    pid: child.pid ?? -1,
    async counts() {
      const answered = once(child, 'message')
      child.send('counts')
      return ((await answered) as [Counts])[0]
    },
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Starts the service with ROLE=all as a process, other settings at their defaults. */
export async function startServiceProcess(
  options: SubjectOptions,
  more: Readonly<Record<string, string>> = {},
): Promise<Subject & { readonly url: string }> {
  const child = fork(pathOf('../src/cli.ts'), [], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    // Node's options and variables as in `npm start`.
    execArgv: [...process.execArgv, '--max-semi-space-size=8'],
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_COMPILE_CACHE: pathOf('../node_modules/.cache/node'),
      MALLOC_ARENA_MAX: '1',
      DERIBIT_URL: options.exchangeUrl,
      INSTRUMENTS: options.instruments.join(','),
      MAX_INSTRUMENTS: '10000',
      TRADES: 'false',
      HTTP_PORT: '0',
      ...(options.brokers === '' ? {} : { KAFKA_BROKERS: options.brokers }),
      KAFKA_TOPIC: options.topic,
      KAFKA_GROUP_ID: options.topic,
      ...more,
    },
  })
  child.stdout?.setEncoding('utf8')
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service exited with ${code}: ${output}`)))
    child.stdout?.on('data', (text: string) => {
      // Warnings are printed.
      for (const line of text.split('\n')) {
        if (/"level":"(warn|error|fatal)"/.test(line)) process.stderr.write(`${line}\n`)
      }
      if (output.length < 1_000_000) output += text
      const started = /"url":"(http:[^"]+)".*"msg":"started"/.exec(output)
      if (started?.[1] !== undefined) resolve(started[1])
    })
  })
  return {
    url,
    name: 'service',
    pid: child.pid ?? -1,
    counts: async () => readCounts(await (await fetch(`${url}/metrics`)).text(), options.topic),
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** Counts of a service process, from its metrics; missing ones are 0. */
export function readCounts(page: string, topic: string): Counts {
  const value = (series: string) =>
    Number(
      page
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1) ?? 0,
    )
  const dropped = [
    'conflated',
    'sequence_cut',
    'queue_full',
    'too_large',
    'refused',
    'shutdown',
  ].map((reason) => value(`orderbook_dropped_records_total{topic="${topic}",reason="${reason}"}`))
  const cumulative = [...LAG_BUCKETS_SECONDS.map(String), '+Inf'].map((bound) =>
    value(`orderbook_pipeline_lag_seconds_bucket{stage="receive_to_publish",le="${bound}"}`),
  )
  return {
    received: value('orderbook_feed_frames_total{kind="book"}'),
    produced: value(`orderbook_produced_records_total{topic="${topic}",kind="frame"}`),
    consumed: cumulative.at(-1) ?? 0,
    dropped: dropped.reduce((sum, count) => sum + count, 0),
    lag: cumulative.map((count, index) => count - (cumulative[index - 1] ?? 0)),
  }
}

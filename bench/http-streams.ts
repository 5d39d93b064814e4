import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runLoad } from './run-load.ts'
import type { Result } from './window.ts'
import { startServiceProcess } from './start-subjects.ts'
import type { SubjectOptions } from './subject.ts'

const CLIENTS = fileURLToPath(new URL('stream-clients.ts', import.meta.url))
const INSTRUMENTS = 3000
const WARM_UP_SECONDS = 6

export interface StreamsOptions {
  seconds: number
  rounds: number
  clients: number
  /** Books that each client subscribes to. */
  subscribe: number
  /** Messages of the pipeline per second. */
  rate: number
}

/** The pipeline without and with stream clients, alternating. */
export async function measureStreams(
  { seconds, rounds, clients, subscribe, rate }: StreamsOptions,
  say: (line: string) => void,
): Promise<void> {
  say(`\nStreams: ${clients} clients of ${subscribe} books each beside ${rate} msg/s`)
  say('| streams | consumed /s | CPU share | p50 ms | p99 ms | events /s | each book of each, /s |')
  say('| --- | --- | --- | --- | --- | --- | --- |')
  const shares: number[] = []
  const throughputs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const results: Result[] = []
    // Alternating order: the first one runs on a quieter machine.
    for (const count of round % 2 === 0 ? [0, clients] : [clients, 0]) {
      let events = 0
      const load = {
        instruments: INSTRUMENTS,
        ratePerSecond: rate,
        warmUpSeconds: WARM_UP_SECONDS,
        seconds,
      }
      const place = { brokers: '', topic: 'bench' }
      const result = await runLoad(load, place, async (options) =>
        withReaders(options, { count, subscribe }, (count) => {
          events = count
        }),
      )
      const eventsPerSecond = events / seconds
      say(
        `| ${[
          count,
          Math.round(result.consumedPerSecond),
          result.cpuShare.toFixed(3),
          result.p50Ms.toFixed(1),
          result.p99Ms.toFixed(1),
          Math.round(eventsPerSecond),
          count === 0 ? '' : (eventsPerSecond / count / subscribe).toFixed(1),
        ].join(' | ')} |`,
      )
      results[count === 0 ? 0 : 1] = result
    }
    const [without, withThem] = results
    if (without === undefined || withThem === undefined) continue
    shares.push(withThem.cpuShare - without.cpuShare)
    throughputs.push(withThem.consumedPerSecond / without.consumedPerSecond)
  }
  const list = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(', ')
  say(
    `\nadded share of one core: ${list(shares)}; throughput by that without: ${list(throughputs)}`,
  )
}

/** The service with stream clients; counts their events from half of the warm-up to the end. */
async function withReaders(
  options: SubjectOptions,
  { count, subscribe }: { count: number; subscribe: number },
  onEvents: (count: number) => void,
) {
  const service = await startServiceProcess(options)
  if (count === 0) return service
  await sleep(1000)
  const names = options.instruments.map((_, index) =>
    Array.from({ length: subscribe }, (_each, offset) => {
      return options.instruments[(index + offset) % options.instruments.length]
    }).join(','),
  )
  const readers = fork(CLIENTS, [service.url, String(count), ...names])
  const ask = async (): Promise<number> => {
    const answered = once(readers, 'message')
    readers.send('events')
    return ((await answered) as [number])[0]
  }
  let atStart = 0
  let isFirst = true
  return {
    ...service,
    async counts() {
      const seen = await ask()
      if (isFirst) atStart = seen
      isFirst = false
      onEvents(seen - atStart)
      return service.counts()
    },
    async stop() {
      readers.kill('SIGKILL')
      await once(readers, 'exit')
      await service.stop()
    },
  }
}

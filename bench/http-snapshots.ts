import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readUsage } from './process-usage.ts'
import { startExchange } from './run-load.ts'
import { startServiceProcess } from './start-subjects.ts'
import { askByWrk } from './wrk.ts'

const INSTRUMENTS = 20
const MESSAGES_PER_SECOND = 1000
const CONNECTIONS = 32
const WARM_UP_MS = 5000
const COMPILED_AFTER_SECONDS = 8

export interface SnapshotsOptions {
  seconds: number
  rounds: number
  requestsPerSecond: number
}

/** Requests one book at a constant rate, from the service and from a bare route, alternating. */
export async function measureSnapshots(
  { seconds, rounds, requestsPerSecond }: SnapshotsOptions,
  say: (line: string) => void,
): Promise<void> {
  say(`\nSnapshots: ${requestsPerSecond} requests/s by ${CONNECTIONS} connections`)
  say('| route | answered /s | others | p50 ms | p99 ms | longest ms | CPU us each |')
  say('| --- | --- | --- | --- | --- | --- | --- |')
  const exchange = await startExchange({
    instruments: INSTRUMENTS,
    ratePerSecond: MESSAGES_PER_SECOND,
    warmUpSeconds: 0,
    seconds: 0,
  })
  const service = await startServiceProcess({
    exchangeUrl: exchange.exchangeUrl,
    instruments: exchange.instruments,
    brokers: '',
    topic: 'bench',
  })
  await sleep(WARM_UP_MS)
  const address = `${service.url}/api/v1/snapshots/${exchange.instruments[0]}`
  const body = await (await fetch(address)).text()
  const bare = fork(fileURLToPath(new URL('bare-http.ts', import.meta.url)), [body])
  const [bareAddress] = (await once(bare, 'message')) as [string]
  try {
    // Warm-up for the compiler, the same for both.
    for (const url of [bareAddress, address]) {
      await askByWrk({
        url,
        connections: CONNECTIONS,
        requestsPerSecond,
        seconds: COMPILED_AFTER_SECONDS,
      })
    }
    const ratios: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const p99: number[] = []
      // CPU of the pipeline itself meanwhile.
      const { share: idleShare } = await shareOf(service.pid, () => sleep(3000))
      for (const [name, url, pid, ownShare] of [
        ['bare route', bareAddress, bare.pid ?? -1, 0],
        ['service', address, service.pid, idleShare],
      ] as const) {
        const { share, value: answered } = await shareOf(pid, () =>
          askByWrk({ url, connections: CONNECTIONS, requestsPerSecond, seconds }),
        )
        const { not2xx, failed, p50Ms, p99Ms, longestMs } = answered
        const perSecond = (answered.requests - not2xx) / answered.seconds
        p99.push(p99Ms)
        const cpu = ((share - ownShare) * 1e6) / perSecond
        const times = [p50Ms, p99Ms, longestMs].map((ms) => ms.toFixed(1))
        say(
          `| ${[name, Math.round(perSecond), not2xx + failed, ...times, cpu.toFixed(0)].join(' | ')} |`,
        )
      }
      const [ofBare = NaN, ofService = NaN] = p99
      ratios.push(ofService / ofBare)
    }
    say(
      `\np99 of the service by that of the bare route: ${ratios.map((r) => r.toFixed(2)).join(', ')}`,
    )
  } finally {
    bare.kill('SIGTERM')
    await once(bare, 'exit')
    await service.stop()
    await exchange.stop()
  }
}

/** Measures the share of one core that a process uses during `run`, and returns its result. */
async function shareOf<T>(pid: number, during: () => Promise<T>) {
  const [before, startedMs] = [readUsage(pid), performance.now()]
  const value = await during()
  const usedSeconds = readUsage(pid).cpuSeconds - before.cpuSeconds
  return { share: usedSeconds / ((performance.now() - startedMs) / 1000), value }
}

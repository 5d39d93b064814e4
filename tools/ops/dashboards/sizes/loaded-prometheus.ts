import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePorts } from '../../../kafka/free-port.ts'
import { ChildService } from '../../../stack/child-service.ts'
import { plainEnvironment, prometheusCommand } from '../../../stack/commands.ts'
import { answers } from '../../../stack/probes.ts'
import { describeDeath } from '../../../stack/stack.ts'
import type { TimedSeries } from './many-books.ts'
import { remoteWrite } from './remote-write.ts'

/** Of the kernel's times of processes, on every Linux. */
const TICKS_PER_SECOND = 100
const START_MS = 60_000
const STOP_MS = 20_000
/** Series of one write: a few megabytes. */
const SERIES_AT_ONCE = 4000
/** Time of one write: Prometheus takes no sample an hour older than its newest one. */
const SECONDS_AT_ONCE = 1200

/** A Prometheus of its own that scrapes nothing and gets its samples written. */
export class LoadedPrometheus {
  readonly #folder = mkdtempSync(join(tmpdir(), 'orderbook-sizes-'))
  #child: ChildService | null = null

  /** @throws Error with the last output, where it does not start; call `stop` in any case */
  async start(): Promise<void> {
    const [port = 0] = await findFreePorts(1)
    const dataFolder = join(this.#folder, 'data')
    mkdirSync(dataFolder)
    const configFile = join(this.#folder, 'prometheus.yml')
    writeFileSync(configFile, 'scrape_configs: []\n')
    const command = prometheusCommand(
      { program: 'prometheus', port, dataFolder, configFile },
      plainEnvironment(),
    )
    const args = [...command.args, '--web.enable-remote-write-receiver']
    this.#child = new ChildService(
      {
        name: 'prometheus',
        url: `http://127.0.0.1:${port}`,
        command: () => ({ ...command, args }),
        logFile: join(this.#folder, 'prometheus.log'),
        probe: answers('/-/ready'),
        startMs: START_MS,
        stopMs: STOP_MS,
      },
      (death) => process.stderr.write(`${describeDeath(death)}\n`),
    )
    await this.#child.start()
  }

  get url(): string {
    return this.#child?.url ?? ''
  }

  /** CPU time of the process so far. */
  readonly cpuSeconds = (): number => {
    const stat = readFileSync(`/proc/${this.#child?.pid ?? -1}/stat`, 'utf8')
    // After the name, which may contain spaces: state is field 3, user and system time 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  }

  /**
   * Writes one sample of each series every interval.
   * @param durationSeconds a multiple of the interval
   */
  async write(
    series: readonly TimedSeries[],
    { startSeconds, durationSeconds, intervalSeconds }: WrittenTime,
  ): Promise<void> {
    const labelled = series.map(({ labels, at }) => ({
      labels: Object.entries(labels)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => ({ name, value }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      at,
    }))
    const last = durationSeconds / intervalSeconds
    const atOnce = SECONDS_AT_ONCE / intervalSeconds
    for (let first = 0; first <= last; first += atOnce) {
      const times = Array.from(
        { length: Math.min(atOnce, last - first + 1) },
        (_, index) => (first + index) * intervalSeconds,
      )
      for (let index = 0; index < labelled.length; index += SERIES_AT_ONCE) {
        const written = labelled
          .slice(index, index + SERIES_AT_ONCE)
          .map(({ labels, at }) => ({
            labels,
            samples: times.flatMap((seconds) => {
              const value = at(seconds)
              const timestamp = (startSeconds + seconds) * 1000
              return value === null ? [] : [{ value, timestamp }]
            }),
          }))
          .filter(({ samples }) => samples.length > 0)
        if (written.length > 0) await remoteWrite(this.url, written)
      }
    }
  }

  /** Idempotent, also after a failed start. */
  async stop(): Promise<void> {
    await this.#child?.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export interface WrittenTime {
  /** Unix time of the first sample. */
  readonly startSeconds: number
  readonly durationSeconds: number
  readonly intervalSeconds: number
}

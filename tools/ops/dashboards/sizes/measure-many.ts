import type { DashboardModel } from '../dashboard-model.ts'
import { LoadedPrometheus } from './loaded-prometheus.ts'
import { manyBooks } from './many-books.ts'
import { MAX_BYTES, measureAnswers, type PanelAnswer } from './measure-answers.ts'

/** The longest range of a dashboard. */
const HOUR_SECONDS = 3600
/** So that rates begin with the range. */
const BEFORE_SECONDS = 1200
/** The outage lasts twenty minutes. */
const OUTAGE_SECONDS = 1200
/** Instruments chosen where a dashboard does not offer all. */
const CHOSEN = 10

export interface ManyOptions {
  readonly books: number
  /** Time between two samples, a divisor of 1200. */
  readonly intervalSeconds: number
}

export interface Measured {
  readonly answers: readonly PanelAnswer[]
  /** Panels that get more than 1 MB. */
  readonly problems: readonly string[]
}

/** Fills a Prometheus with an hour of many books, and asks it what the dashboards ask. */
export async function measureMany(
  dashboards: readonly DashboardModel[],
  { books, intervalSeconds }: ManyOptions,
): Promise<Measured> {
  const durationSeconds = HOUR_SECONDS + BEFORE_SECONDS
  // On the grid of the queries, as Grafana aligns its ranges.
  const toSeconds = Math.floor(Date.now() / 1000 / HOUR_SECONDS) * HOUR_SECONDS
  const startSeconds = toSeconds - durationSeconds
  const failsAfterSeconds = durationSeconds - OUTAGE_SECONDS
  const { series, instruments } = manyBooks(books, { startSeconds, failsAfterSeconds }, dashboards)
  const prometheus = new LoadedPrometheus()
  try {
    await prometheus.start()
    await prometheus.write(series, { startSeconds, durationSeconds, intervalSeconds })
    const chosen = instruments.slice(0, CHOSEN)
    const { url, cpuSeconds } = prometheus
    const options = { url, toSeconds, intervalSeconds, chosen, cpuSeconds }
    const answers = await measureAnswers(dashboards, options)
    const problems = answers
      .filter(({ bytes }) => bytes > MAX_BYTES)
      .map(({ uid, title, bytes }) => `${uid}, ${title}: ${bytes} bytes, more than ${MAX_BYTES}`)
    return { answers, problems }
  } finally {
    await prometheus.stop()
  }
}

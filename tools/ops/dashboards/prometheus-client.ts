import type { Durations } from './fill-variables.ts'

const TIMEOUT_MS = 30_000

/** One series of a response. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** Samples with Unix time in seconds, oldest first; one for an instant query. */
  readonly points: readonly (readonly [seconds: number, value: number])[]
}

export interface TimeRange {
  /** Unix time. */
  readonly fromSeconds: number
  readonly toSeconds: number
  readonly stepSeconds: number
}

/** Window of rates: four scrapes of 5 s. */
const RATE_INTERVAL = '20s'

/** Grafana's own variables for a time range. */
export function durationsOf({ fromSeconds, toSeconds }: TimeRange): Durations {
  return { rateInterval: RATE_INTERVAL, range: `${toSeconds - fromSeconds}s` }
}

export interface Exemplar {
  readonly seconds: number
  readonly value: number
  readonly traceId: string
}

/** Client for a Prometheus that we started ourselves; responses are not validated. */
export class PrometheusClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = `${url}/api/v1`
  }

  /** @throws Error with the message of Prometheus */
  async range(expr: string, range: TimeRange): Promise<Series[]> {
    const result = await this.#ask('query_range', {
      query: expr,
      start: String(range.fromSeconds),
      end: String(range.toSeconds),
      step: String(range.stepSeconds),
    })
    return (result as MatrixData).result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
    }))
  }

  /** @throws Error with the message of Prometheus */
  async instant(expr: string, atSeconds: number): Promise<Series[]> {
    const result = await this.#ask('query', { query: expr, time: String(atSeconds) })
    return (result as VectorData).result.map(({ metric, value: [seconds, value] }) => ({
      labels: metric,
      points: [[seconds, Number(value)] as const],
    }))
  }

  /** Values of a label in the series of a selector. */
  async labelValues(label: string, selector: string): Promise<string[]> {
    return (await this.#ask(`label/${label}/values`, { 'match[]': selector })) as string[]
  }

  /** Exemplars of all series of an expression. */
  async exemplars(expr: string, { fromSeconds, toSeconds }: TimeRange): Promise<Exemplar[]> {
    const result = await this.#ask('query_exemplars', {
      query: expr,
      start: String(fromSeconds),
      end: String(toSeconds),
    })
    return (result as ExemplarData).flatMap(({ exemplars }) =>
      exemplars.map(({ labels, value, timestamp }) => ({
        seconds: timestamp,
        value: Number(value),
        traceId: labels['trace_id'] ?? '',
      })),
    )
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const query = new URLSearchParams(parameters).toString()
    const response = await fetch(`${this.#url}/${path}?${query}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer = (await response.json()) as { data?: unknown; error?: string }
    if (!response.ok) throw new Error(answer.error ?? `${path} answers ${response.status}`)
    return answer.data
  }
}

type Sample = readonly [seconds: number, value: string]
type LabelSet = Readonly<Record<string, string>>

interface MatrixData {
  readonly result: readonly { readonly metric: LabelSet; readonly values: readonly Sample[] }[]
}

interface VectorData {
  readonly result: readonly { readonly metric: LabelSet; readonly value: Sample }[]
}

type ExemplarData = readonly {
  readonly exemplars: readonly {
    readonly labels: LabelSet
    readonly value: string
    readonly timestamp: number
  }[]
}[]

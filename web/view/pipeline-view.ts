import type { Pipeline } from '../../client/api-client.ts'
import { type HopMeans, hopMeans, HOPS } from '../data/hop-means.ts'
import { FrameRate } from '../data/frame-rate.ts'
import { Silence } from '../data/silence.ts'
import { topicLagSeconds } from '../data/topic-lag.ts'
import { byId, make, setAttribute, setClass, setText, setVariable } from './dom.ts'
import { ABSENT, formatLag, formatNumber, formatSpan } from './format.ts'
import { PartitionCells } from './partition-cells.ts'

type Stage = Pipeline['stages'][number]
type Delivery = NonNullable<Pipeline['delivery']>[number]
type Partition = NonNullable<Pipeline['partitions']>[number]

/** Hops above these are drawn as slow or late, ms. */
const SLOW_MS = 250
const LATE_MS = 1000
/** An exchange silent for this time is shown as a problem, ms. */
const SILENT_MS = 2500
/** Smallest drawn share of a hop. */
const MIN_SHARE = 0.02

/** Ends of each hop, and who measures it. */
const ENDS = {
  exchange_to_receive: { from: 'exchange', to: 'feed', by: 'the producer' },
  receive_to_consume: { from: 'feed', to: 'consumer, through the topic', by: 'a consumer' },
  consume_to_publish: { from: 'consumer', to: 'values', by: 'a consumer' },
} as const satisfies Record<(typeof HOPS)[number], object>

/** Path of an update with the latency of each hop. */
export class PipelineView {
  readonly #exchange = pathStep('Exchange')
  readonly #feed = pathStep('Feed')
  readonly #topic = pathStep('Topic')
  readonly #books = pathStep('Values')
  readonly #hops = HOPS.map((hop) => createHop(hop, ENDS[hop].from, ENDS[hop].to))
  readonly #share = HOPS.map((hop) => make('i', { attributes: { 'data-stage': hop } }))
  readonly #total = make('p', { class: 'total' })
  readonly #totalMedian = make('b')
  readonly #totalTail = make('span')
  readonly #means = make('p', { class: 'means' })
  readonly #inner = make('p', { class: 'inner' })
  readonly #cells = new PartitionCells()
  readonly #rate = new FrameRate()
  readonly #silence = new Silence()
  #counted: Pipeline | null = null

  constructor() {
    const order = [this.#exchange, this.#hops[0], this.#feed, this.#hops[1], this.#topic]
    const path = [...order, this.#hops[2], this.#books].flatMap((part) => part?.element ?? [])
    this.#topic.element.append(this.#cells.element)
    byId('path', HTMLOListElement).append(...path)
    byId('share', HTMLElement).append(...this.#share)
    this.#total.append('exchange to values ', this.#totalMedian, ' ', this.#totalTail)
    byId('lags', HTMLElement).append(this.#total, this.#means, this.#inner)
  }

  /** @param pipeline null if the service does not answer */
  show(pipeline: Pipeline | null, books: { live: number; all: number }): void {
    setClass(byId('path', HTMLElement), 'is-dead', pipeline === null)
    this.#showStations(pipeline, books)
    if (pipeline !== null && pipeline !== this.#counted) {
      this.#counted = pipeline
      this.#rate.check((pipeline.delivery ?? []).reduce((sum, { received }) => sum + received, 0))
      this.#silence.check(pipeline.connection?.lastFrameTimeMs ?? null)
    }
    // The quantiles of the last minute are hidden while no updates arrive.
    const isQuiet = pipeline?.delivery === null ? books.live === 0 : this.#rate.isQuiet
    const stages = new Map(isQuiet ? [] : pipeline?.stages.map((stage) => [stage.stage, stage]))
    const otherwise = pipeline === null ? 'no answer' : isQuiet ? 'no updates' : null
    HOPS.forEach((stage, index) => {
      this.#hops[index]?.show(stages.get(stage), otherwise ?? `at ${ENDS[stage].by}`)
    })
    this.#showShares(hopMeans(stages))
    this.#showTotal(stages.get('total'))
    const inner = [
      ['batching', stages.get('receive_to_send')],
      ['acknowledged after', stages.get('send_to_ack')],
      ['this service', stages.get('receive_to_publish')],
    ] as const
    setText(
      this.#inner,
      inner
        .flatMap(([name, stage]) =>
          stage === undefined ? [] : `${name} ${formatLag(stage.p50Ms)}`,
        )
        .join('  ·  '),
    )
  }

  /** The bar is one whole, so its parts are means: medians do not add up to that of the whole. */
  #showShares(means: HopMeans | null): void {
    const { ms = [], sumMs = 0 } = means ?? {}
    for (const [index, bar] of this.#share.entries()) {
      const share = sumMs === 0 ? 0 : Math.max((ms[index] ?? 0) / sumMs, MIN_SHARE)
      setVariable(bar, '--share', share)
    }
    setText(this.#means, means === null ? '' : `bar: means ${ms.map(formatLag).join(' + ')}`)
  }

  #showTotal(total: Stage | undefined): void {
    const { p50Ms: median = null, p99Ms: tail = null } = total ?? {}
    setText(this.#totalMedian, formatLag(median))
    setText(this.#totalTail, tail === null ? '' : `p99 ${formatLag(tail)}`)
  }

  #showStations(pipeline: Pipeline | null, books: { live: number; all: number }): void {
    if (pipeline === null) {
      for (const part of [this.#exchange, this.#feed, this.#topic, this.#books]) {
        part.show('unknown', 'the service does not answer', '')
      }
      this.#cells.show(null)
      return
    }
    const { connection, clockOffset, delivery, partitions } = pipeline
    if (connection === null) {
      this.#exchange.show('absent', 'seen by the producer', 'this process has the role consumer')
      this.#feed.show('absent', 'at the producer', '')
    } else {
      const { acknowledgedChannels: have, requestedChannels: want } = connection
      const suspended = suspendedText(connection)
      const clock =
        clockOffset === null
          ? 'clock offset unknown'
          : `clock ${offsetText(clockOffset.offsetMs)} ± ${formatLag(clockOffset.uncertaintyMs)}`
      const problem =
        connection.problem ??
        (connection.isConnected ? null : 'not connected') ??
        this.#silenceText() ??
        (have < want ? 'channels missing' : null) ??
        (connection.suspendedCount > 0 ? 'channels suspended' : null)
      this.#exchange.show(
        problem === null ? 'good' : connection.isConnected ? 'odd' : 'bad',
        problem ?? 'connected',
        `${have} of ${want} channels${suspended} · ${clock}`,
      )
      this.#showFeed(delivery ?? [])
    }
    if (partitions === null) {
      this.#topic.show('absent', 'read by consumers', 'this process has the role producer')
      this.#books.show('absent', 'at the consumers', '')
    } else {
      this.#showTopic(partitions)
      const missing = books.all - books.live
      this.#books.show(
        books.live === 0 ? 'bad' : missing > 0 ? 'odd' : 'good',
        `${books.live} of ${books.all} live`,
        missing === 0 ? 'all values are current' : `${missing} without values, with reasons`,
      )
    }
    this.#cells.show(partitions)
  }

  #showFeed(delivery: readonly Delivery[]): void {
    const sum = (pick: (topicDelivery: Delivery) => number) =>
      delivery.reduce((total, topicDelivery) => total + pick(topicDelivery), 0)
    const dropped = sum((topicDelivery) =>
      Object.values(topicDelivery.dropped).reduce((a, b) => a + b, 0),
    )
    const waiting = sum((topicDelivery) => topicDelivery.queued + topicDelivery.inFlight)
    const { isQuiet, perSecond } = this.#rate
    const rate = perSecond === null ? 'counting' : `${formatNumber(perSecond, 0)} frames/s`
    this.#feed.show(
      isQuiet ? 'bad' : dropped > 0 ? 'odd' : 'good',
      isQuiet ? 'no frames' : rate,
      `${formatNumber(waiting, 0)} queued · ${formatNumber(dropped, 0)} dropped`,
    )
  }

  #showTopic(partitions: readonly Partition[]): void {
    const records = partitions.reduce((total, { lagRecords }) => total + (lagRecords ?? 0), 0)
    const seconds = topicLagSeconds(partitions)
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    this.#topic.show(
      seconds === null ? 'unknown' : seconds >= 1 ? 'odd' : 'good',
      seconds === null
        ? 'lag unknown'
        : seconds < 1
          ? 'caught up'
          : `${formatSpan(seconds * 1000)} behind`,
      partitions.length === 0
        ? 'no partition assigned'
        : seconds === null
          ? topics.join(', ')
          : `${topics.join(', ')} · lag ${formatNumber(records, 0)}`,
    )
  }

  #silenceText(): string | null {
    const { ms } = this.#silence
    return ms > SILENT_MS ? `silent for ${formatSpan(ms)}` : null
  }
}

function offsetText(offsetMs: number): string {
  return `${offsetMs < 0 ? '−' : '+'}${formatLag(Math.abs(offsetMs))}`
}

/** Describes requested channels that are not subscribed, with the reason if it is one channel. */
function suspendedText(connection: NonNullable<Pipeline['connection']>): string {
  const { suspendedChannels, suspendedCount, refusedCount } = connection
  const [only, ...others] = suspendedChannels
  if (only !== undefined && others.length === 0) return ` · ${only.channel}: ${only.reason}`
  const parts = [
    suspendedCount > 0 ? ` · ${suspendedCount} suspended` : '',
    refusedCount > 0 ? ` · ${refusedCount} refused` : '',
  ]
  return parts.join('')
}

type Mood = 'good' | 'odd' | 'bad' | 'absent' | 'unknown'

function pathStep(title: string) {
  const words = make('p', { class: 'words' })
  const detail = make('p', { class: 'detail' })
  const element = make('li', {
    class: 'station',
    children: [make('h3', { text: title }), words, detail],
  })
  return {
    element,
    show(mood: Mood, text: string, small: string) {
      setAttribute(element, 'data-mood', mood)
      setText(words, text)
      setText(detail, small)
    },
  }
}

function createHop(stage: string, from: string, to: string) {
  const median = make('b', { text: ABSENT })
  const tail = make('span', { class: 'tail' })
  const element = make('li', {
    class: 'hop',
    attributes: { 'data-stage': stage },
    children: [make('span', { class: 'hidden', text: `from ${from} to ${to}: ` }), median, tail],
  })
  return {
    element,
    show(lag: Stage | undefined, otherwise: string) {
      const { p50Ms: ms = null, p99Ms: tailMs = null } = lag ?? {}
      const pace = ms === null ? 'absent' : ms >= LATE_MS ? 'late' : ms >= SLOW_MS ? 'slow' : 'good'
      setAttribute(element, 'data-pace', pace)
      setText(median, formatLag(ms))
      const why = lag === undefined ? otherwise : 'no update'
      setText(tail, tailMs === null ? why : `p99 ${formatLag(tailMs)}`)
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { difference, quantileMs } from './lag-histogram.ts'
import { readUsage } from './process-usage.ts'
import type { PacedExchange } from './start-exchange.ts'
import type { Subject } from './subject.ts'

/** Frames that may be pending at the end: batches in flight. */
const MAX_BACKLOG_SECONDS = 0.25
/** The exchange gave way where it sent less than this share of what it should. */
const MIN_SENT_SHARE = 0.97

/** One measured stretch of a subject under a steady load. */
export interface Result {
  readonly name: string
  readonly offeredPerSecond: number
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
  readonly producedPerSecond: number
  readonly consumedPerSecond: number
  /** Growth of the backlog between receipt and value over the run. */
  readonly behind: number
  readonly dropped: number
  readonly cpuSeconds: number
  readonly cpuMicrosecondsPerMessage: number
  /** Share of one core. */
  readonly cpuShare: number
  readonly exchangeMicrosecondsPerMessage: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMegabytes: number
  /** Whether the exchange sent what it should, nothing was dropped and no backlog grew. */
  readonly isSustained: boolean
  readonly isLimitedByExchange: boolean
}

/** Watches a subject for some seconds. */
export async function measureWindow(
  subject: Subject,
  exchange: PacedExchange,
  { ratePerSecond, seconds: wanted }: { ratePerSecond: number; seconds: number },
): Promise<Result> {
  const before = await read(subject, exchange)
  await sleep(wanted * 1000)
  const after = await read(subject, exchange)
  const seconds = (after.atMs - before.atMs) / 1000
  const grown = (name: 'received' | 'produced' | 'consumed' | 'dropped') =>
    after.counts[name] - before.counts[name]
  const lag = difference(after.counts.lag, before.counts.lag)
  const [received, consumed, dropped] = [grown('received'), grown('consumed'), grown('dropped')]
  const sent = after.sent - before.sent
  const isLimitedByExchange = sent / seconds < ratePerSecond * MIN_SENT_SHARE
  // Frames that the subject left in its socket are part of its backlog.
  const behind = Math.max(sent, received) - consumed - dropped
  const limit = Math.max(100, ratePerSecond * MAX_BACKLOG_SECONDS)
  // Between the two readings, as reading the counts of a service costs as much as thousands of messages.
  const [from, to] = [before.end, after.start]
  const cpuSeconds = to.usage.cpuSeconds - from.usage.cpuSeconds
  const exchangeCpuSeconds = to.sent.cpuSeconds - from.sent.cpuSeconds
  const sentBetween = to.sent.sent - from.sent.sent
  return {
    name: subject.name,
    offeredPerSecond: ratePerSecond,
    sentPerSecond: sent / seconds,
    receivedPerSecond: received / seconds,
    producedPerSecond: grown('produced') / seconds,
    consumedPerSecond: consumed / seconds,
    behind: Math.round(behind),
    dropped,
    cpuSeconds,
    cpuMicrosecondsPerMessage: (cpuSeconds * 1e6) / (sentBetween * (consumed / sent)),
    cpuShare: (cpuSeconds * 1000) / (to.atMs - from.atMs),
    exchangeMicrosecondsPerMessage: (exchangeCpuSeconds * 1e6) / sentBetween,
    p50Ms: quantileMs(lag, 0.5),
    p99Ms: quantileMs(lag, 0.99),
    rssMegabytes: to.usage.rssBytes / 1e6,
    isSustained: !isLimitedByExchange && dropped === 0 && behind <= limit,
    isLimitedByExchange,
  }
}

/** Reads a subject; its counts are as of the middle of the reading, which may take long. */
async function read(subject: Subject, exchange: PacedExchange) {
  const mark = async () => ({
    sent: await exchange.counts(),
    usage: readUsage(subject.pid),
    atMs: performance.now(),
  })
  const start = await mark()
  const counts = await subject.counts()
  const end = await mark()
  const sent = (start.sent.sent + end.sent.sent) / 2
  return { counts, start, end, sent, atMs: (start.atMs + end.atMs) / 2 }
}

export const RESULT_HEADER = [
  '| subject | offered /s | received /s | consumed /s | behind | dropped | CPU us/msg | CPU share | p50 ms | p99 ms | RSS MB | exchange us/msg |',
  '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
].join('\n')

/** A row of the table; says where the exchange gave way. */
export function resultRow(result: Result): string {
  const cells = [
    result.name,
    result.offeredPerSecond,
    Math.round(result.receivedPerSecond),
    Math.round(result.consumedPerSecond),
    result.behind,
    result.dropped,
    result.cpuMicrosecondsPerMessage.toFixed(1),
    result.cpuShare.toFixed(2),
    result.p50Ms.toFixed(1),
    result.p99Ms.toFixed(1),
    result.rssMegabytes.toFixed(0),
    `${result.exchangeMicrosecondsPerMessage.toFixed(1)}${result.isLimitedByExchange ? ' (gave way)' : ''}`,
  ]
  return `| ${cells.join(' | ')} |`
}

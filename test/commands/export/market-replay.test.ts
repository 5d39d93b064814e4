import { describe, expect, it } from 'vitest'
import type { Row } from '../../../src/commands/export/columns.ts'
import { MarketReplay } from '../../../src/commands/export/market-replay.ts'
import { consumerOptions, quietLogger } from '../../../src/commands/replayed-books.ts'
import { readConfig } from '../../../src/config/config.ts'
import { checkpointHeaders } from '../../../src/model/checkpoint-headers.ts'
import type { RecordHeaders, TopicRecord } from '../../../src/model/topic.ts'
import { BTC, groupedSnapshot } from '../../support/frames.ts'

const T = Date.UTC(2026, 8, 1)
/** How long the frames took from the exchange to the producer, ms. */
const DELAY_MS = 50
const config = readConfig({}, { isStrict: false })

/** Replays a book with an update every 100 ms; returns how to go on, and the rows. */
function startedReplay() {
  const rows: Row[] = []
  const options = {
    ...consumerOptions(config),
    imbalanceDepths: [1],
    bandsBps: [],
    windowsMs: [1000],
    instruments: new Set<string>(),
    fromMs: T,
    toMs: Number.POSITIVE_INFINITY,
    stepMs: null,
  }
  const replay = new MarketReplay(options, (row) => rows.push(row), quietLogger)
  let offset = 0n
  const apply = (step: number, headers?: RecordHeaders) => {
    const timestampMs = T + step * 100
    const record: TopicRecord = {
      topic: config.settings.KAFKA_TOPIC,
      partition: 0,
      offset: String(offset++),
      key: BTC,
      value: Buffer.from(
        groupedSnapshot({
          changeId: step + 1,
          exchangeTimeMs: timestampMs - DELAY_MS,
          bids: [[100, 10 + (step % 7)]],
        }),
      ),
      timestampMs,
      headers,
      arrivedTimeMs: timestampMs,
      arrivedMonotonicMs: timestampMs,
      isReplayed: false,
      isAtEnd: true,
    }
    replay.apply(record)
  }
  for (let step = 0; step < 20; step += 1) apply(step)
  return { apply, rows }
}

/** A checkpoint of the last update, whose connection got nothing after it. */
function checkpoint(step: number, offsetMs: number): RecordHeaders {
  return checkpointHeaders({
    verifiedAtMs: T + step * 100,
    producerId: 'p',
    clockOffset: { offsetMs, uncertaintyMs: 1, roundTripMs: 2 },
    instrumentState: 'open',
    isLast: false,
  })
}

describe('a checkpoint that verifies nothing new', () => {
  it('has a row if it corrects the clock by which windows are read', () => {
    const { apply, rows } = startedReplay()
    const before = rows.at(-1)
    apply(19, checkpoint(19, 0))
    expect(rows.at(-1)?.cause).toBe('checkpoint')
    expect(rows.at(-1)?.snapshot?.windows).not.toEqual(before?.snapshot?.windows)
  })

  it('has no row if it corrects nothing', () => {
    const { apply, rows } = startedReplay()
    apply(19, checkpoint(19, -DELAY_MS))
    expect(rows).toHaveLength(20)
    expect(rows.every(({ cause }) => cause === 'update')).toBe(true)
  })
})

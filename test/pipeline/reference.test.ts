import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { brokersOfRun, needsBroker, uniqueTopic } from '../support/kafka.ts'
import {
  readRecording,
  recordedFrames,
  type RecordedNotification,
} from '../support/recorded-frames.ts'
import { needsRecordings, recordingPath } from '../support/recordings.ts'
import { amountWithin, isNear, ReferenceBooks } from '../support/reference-books.ts'
import { startService, startSimulator } from './running-service.ts'

const INSTRUMENT = 'BTC-PERPETUAL'
/** Levels compared at each frame. */
const DEPTH = 10

const INCREMENTAL = {
  BOOK_MODE: 'incremental',
  BOOK_INTERVAL: 'raw',
  DERIBIT_CLIENT_ID: 'simulator',
  DERIBIT_CLIENT_SECRET: 'SIM_SECRET_KEY_0001',
}

/** Exchange, broker and service on a recording whose frames are released one by one. */
async function startOnRecording(name: string, environment: Readonly<Record<string, string>>) {
  const simulator = await startSimulator({
    replay: { file: recordingPath(name), isStepped: true, keepsTime: true },
  })
  const service = await startService({
    DERIBIT_URL: simulator.url,
    INSTRUMENTS: INSTRUMENT,
    TRADES: 'false',
    KAFKA_BROKERS: brokersOfRun(),
    KAFKA_TOPIC: uniqueTopic('prices'),
    KAFKA_GROUP_ID: uniqueTopic('group'),
    ...environment,
  })
  await eventually(async () => {
    const failing = await service.failing()
    return failing['feed'] === undefined && failing['consumer'] === undefined
  })
  return { simulator, service }
}

/** Plays a recording frame by frame and compares the shown book with the reference. */
async function compare(
  name: string,
  wants: (channel: string) => boolean,
  onFrame: (line: number, seen: Awaited<ReturnType<typeof snapshotOf>>) => void = () => undefined,
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { simulator, service } = await startOnRecording(name, environment)
  const reference = new ReferenceBooks()
  let compared = 0
  for (const raw of recordedFrames(name)) {
    const [played] = simulator.replay?.step() ?? []
    const { params } = JSON.parse(raw) as RecordedNotification
    const channel = params?.channel ?? ''
    if (played === undefined || params === undefined || !wants(channel)) continue
    const book = reference.apply(channel, params.data)
    const bids = book.bids.slice(0, DEPTH)
    const asks = book.asks.slice(0, DEPTH)
    const [bid, ask] = [bids[0], asks[0]]
    const view = await snapshotOf(service, params.data.change_id)
    expect(view).toMatchObject({ state: 'live', reason: null, bids, asks })
    expect(view.exchangeTimeMs).toBe(params.data.timestamp)
    if (bid === undefined || ask === undefined) throw new Error('a side of the recording is empty')
    expect(view.bestBid).toEqual({ price: bid[0], amount: bid[1] })
    expect(view.bestAsk).toEqual({ price: ask[0], amount: ask[1] })
    isNear(view.midPrice, (bid[0] + ask[0]) / 2)
    isNear(view.weightedMidPrice, (bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1]))
    for (const depth of [1, 5, 10]) {
      const [b, a] = [amountWithin(bids, depth), amountWithin(asks, depth)]
      isNear(view.imbalance[depth], (b - a) / (b + a))
    }
    onFrame(played.line, view)
    compared += 1
    if (compared % 250 !== 1) continue
    const { series } = await service.metrics()
    const label = `{instrument=${INSTRUMENT}}`
    isNear(series.get(`orderbook_mid_price${label}`), (bid[0] + ask[0]) / 2)
    isNear(
      series.get(`orderbook_imbalance_ratio{instrument=${INSTRUMENT},depth=5}`),
      view.imbalance[5] ?? NaN,
    )
  }
  const topicLabel = `topic=${(await service.snapshot(INSTRUMENT, '?allowStale=true')).source.topic}`
  const { series } = await service.metrics()
  expect(series.get(`orderbook_produced_records_total{${topicLabel},kind=frame}`)).toBe(
    series.get('orderbook_feed_frames_total{kind=book}'),
  )
  return compared
}

/** The book once the frame is applied. */
function snapshotOf(service: Awaited<ReturnType<typeof startService>>, changeId: number) {
  return eventually(
    async () => {
      const view = await service.snapshot(INSTRUMENT)
      return view.changeId === changeId ? view : false
    },
    { intervalMs: 1, timeoutMs: 30_000 },
  )
}

describe(
  'the published book equals the reference, frame by frame',
  { ...needsRecordings(), ...needsBroker(), timeout: 300_000 },
  () => {
    it.each([
      ['in grouped snapshots of', {}],
      ['change by change in', INCREMENTAL],
    ])(
      '%s a full recorded book, which equals the table that came with it',
      async (_how, environment) => {
        const [, ...rows] = readRecording('btc-perpetual-raw-2019-04-01.expected.csv.gz')
          .trim()
          .split('\n')
        const table = new Map(rows.map((row) => row.split(',').map(Number)).map((r) => [r[0], r]))
        let checked = 0
        const compared = await compare(
          'btc-perpetual-raw-2019-04-01.jsonl.gz',
          (channel) => channel.startsWith('book.'),
          (line, view) => {
            const row = table.get(line)
            if (row === undefined) throw new Error(`the table has no line ${line}`)
            const [, , , changeId, bid, bidAmount, ask, askAmount, mid = NaN, ...sums] = row
            expect(view).toMatchObject({
              changeId,
              bestBid: { price: bid, amount: bidAmount },
              bestAsk: { price: ask, amount: askAmount },
            })
            isNear(view.midPrice, mid)
            for (const [index, depth] of [1, 5, 10].entries()) {
              const [b = NaN, a = NaN] = [sums[2 * index], sums[2 * index + 1]]
              isNear(view.imbalance[depth], (b - a) / (b + a))
            }
            checked += 1
          },
          environment,
        )
        expect([compared, checked]).toEqual([2764, 2764])
      },
    )

    it('in recorded grouped snapshots', async () => {
      const name = 'btc-perpetual-top10-2019-10-01.jsonl'
      expect(await compare(name, (channel) => channel.split('.').length === 5)).toBe(57)
    })
  },
)

import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReplayOptions } from '../../src/simulator/options.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { needsRecordings, recordingPath } from '../support/recordings.ts'
import { Client, run, startSimulator } from './support.ts'

const RAW = 'book.BTC-PERPETUAL.raw'
const GROUPED = 'book.BTC-PERPETUAL.none.10.100ms'
/** Exchange time of the generated recording. */
const T = 1_600_000_000_000

interface Frame {
  atMs: number
  channel: string
  data: string
}

function line({ atMs, channel, data }: Frame): string {
  const raw = `{"jsonrpc": "2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`
  return JSON.stringify({ recv_us: (T + atMs) * 1000, dir: 'in', raw })
}

function change(atMs: number, id: number, prev: number, rows: string): Frame {
  const data = `{"timestamp":${T + atMs - 20},"type":"change","change_id":${id},"instrument_name":"BTC-PERPETUAL","bids":[${rows}],"asks":[],"prev_change_id":${prev}}`
  return { atMs, channel: RAW, data }
}

const LINES = [
  line({
    atMs: 0,
    channel: RAW,
    data: `{"timestamp":${T - 100},"type":"snapshot","change_id":100,"instrument_name":"BTC-PERPETUAL","bids":[["new",1.8e4,1.0e3],["new",17999.5,10.0]],"asks":[["new",18001.0,70.0]]}`,
  }),
  line(change(50, 107, 100, '["change",1.8e4,900.0]')),
  line({
    atMs: 60,
    channel: 'trades.BTC-PERPETUAL.raw',
    data: `[{"timestamp":${T + 40},"starbase_timestamp":1789344933994718924,"trade_seq":7,"trade_id":"ETH-55","price":1.8e4}]`,
  }),
  line(change(250, 108, 107, '["delete",17999.5,0.0]')),
  JSON.stringify({
    recv_us: (T + 300) * 1000,
    dir: 'in',
    raw: '{"jsonrpc":"2.0","id":1,"result":"ok"}',
  }),
  line(change(400, 120, 108, '["new",17999.0,20.0]')),
]

async function replay(options: ReplayOptions): Promise<Awaited<ReturnType<typeof startSimulator>>> {
  return startSimulator({ replay: { lines: LINES, ...options }, isRawOpen: true })
}

const rawOf = (text: string): string => (JSON.parse(text) as { raw: string }).raw

describe('a replay', () => {
  it('adds one constant to every timestamp and changes no other byte', async () => {
    const { simulator, clock } = await replay({})
    const client = await Client.open(simulator)
    await client.subscribe(RAW, 'trades.BTC-PERPETUAL.raw')
    await run(clock, client, 1_000)
    const sent = client.texts.filter((text) => text.includes('subscription'))
    const recorded = LINES.map(rawOf).filter((raw) => raw.includes('subscription'))
    // The frame with the least lag, 20 ms, is sent at its own timestamp; the first one is 80 ms
    // older.
    const constant = clock.nowMs() - 1_000 - T + 20
    const moved = recorded.map((raw) =>
      raw.replace(/"timestamp":(\d+)/g, (_all, ms) => `"timestamp":${Number(ms) + constant}`),
    )
    expect(sent).toEqual(moved)
    expect(sent.join()).toContain('"starbase_timestamp":1789344933994718924')
  })

  it('starts with the first subscription and keeps the recorded pace', async () => {
    const { simulator, clock } = await replay({})
    clock.advance(5_000)
    const client = await Client.open(simulator)
    await client.subscribe(RAW)
    await run(clock, client, 0)
    expect(client.books(RAW)).toHaveLength(1)
    await run(clock, client, 49)
    expect(client.books(RAW)).toHaveLength(1)
    await run(clock, client, 2)
    expect(client.books(RAW)).toHaveLength(2)
    await run(clock, client, 350)
    expect(client.books(RAW)).toHaveLength(4)
  })

  it('runs faster with a higher speed', async () => {
    const { simulator, clock } = await replay({ speed: 4 })
    const client = await Client.open(simulator)
    await client.subscribe(RAW)
    await run(clock, client, 99)
    expect(client.books(RAW)).toHaveLength(3)
    await run(clock, client, 2)
    expect(client.books(RAW)).toHaveLength(4)
  })

  it('sends all frames at once with speed 0', async () => {
    const { simulator, clock } = await replay({ speed: 0 })
    const client = await Client.open(simulator)
    await client.subscribe(RAW)
    await run(clock, client, 0)
    expect(client.books(RAW)).toHaveLength(4)
  })

  it('keeps the recorded times with the option for it', async () => {
    const { simulator, clock } = await replay({ keepsTime: true, speed: 0 })
    const client = await Client.open(simulator)
    await client.subscribe(RAW)
    await run(clock, client, 0)
    expect(client.texts.slice(1)).toEqual(LINES.map(rawOf).filter((raw) => raw.includes(RAW)))
  })

  it('loops with times shifted by its length and ids by one constant', async () => {
    const { simulator } = await replay({ isLooped: true, isStepped: true, keepsTime: true })
    const client = await Client.open(simulator)
    await client.subscribe(RAW, 'trades.BTC-PERPETUAL.raw')
    simulator.replay?.step(15)
    await client.settle()
    const books = client.books(RAW)
    const [first, , , last, second, third] = books
    expect(books).toHaveLength(12)
    expect(second?.type).toBe('snapshot')
    expect(second?.change_id).toBeGreaterThan(last?.change_id ?? NaN)
    expect(third?.prev_change_id).toBe(second?.change_id)
    const lengthMs = Number(second?.timestamp) - Number(first?.timestamp)
    expect(lengthMs).toBeGreaterThanOrEqual(400)
    expect(Number(books[8]?.timestamp) - Number(second?.timestamp)).toBe(lengthMs)
    const addId = Number(second?.change_id) - 100
    expect(Number(books[8]?.change_id) - Number(second?.change_id)).toBe(addId)
    const trades = client.data<readonly { trade_seq: number; trade_id: string }[]>(
      'trades.BTC-PERPETUAL.raw',
    )
    expect(trades.flat().map(({ trade_seq }) => trade_seq)).toEqual([7, 8, 9])
    expect(trades.flat()[1]?.trade_id).toBe(`ETH-${55 + addId}`)
  })

  it('loops without a hole in the trade sequence of any instrument, whatever its channels', async () => {
    const trade = (instrument: string, seq: number) =>
      `{"trade_seq":${seq},"trade_id":"${seq}","timestamp":${T},"instrument_name":"${instrument}"}`
    const channels = ['trades.BTC-PERPETUAL.raw', 'trades.future.any.100ms']
    const data = [
      [trade('BTC-PERPETUAL', 7)],
      [trade('ETH-PERPETUAL', 900), trade('BTC-PERPETUAL', 7), trade('ETH-PERPETUAL', 901)],
      [trade('BTC-PERPETUAL', 8), trade('BTC-PERPETUAL', 9)],
    ]
    const lines = data.map((trades, index) =>
      line({ atMs: index, channel: channels[index % 2] ?? '', data: `[${trades.join()}]` }),
    )
    const { simulator } = await replay({ lines, isLooped: true, isStepped: true, keepsTime: true })
    const client = await Client.open(simulator)
    await client.subscribe(...channels)
    simulator.replay?.step(9)
    await client.settle()
    const seqs = (channel: string, instrument: string) =>
      client
        .data<readonly { trade_seq: number; instrument_name: string }[]>(channel)
        .flat()
        .filter(({ instrument_name }) => instrument_name === instrument)
        .map(({ trade_seq }) => trade_seq)
    expect(seqs(channels[0] ?? '', 'BTC-PERPETUAL')).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(seqs(channels[1] ?? '', 'ETH-PERPETUAL')).toEqual([900, 901, 902, 903, 904, 905])
    expect(seqs(channels[1] ?? '', 'BTC-PERPETUAL')).toEqual([7, 10, 13])
  })

  it('sends a late subscriber a snapshot of the replayed book, from which the sequence continues', async () => {
    const { simulator } = await replay({ isStepped: true })
    simulator.replay?.step(4)
    const client = await Client.open(simulator)
    await client.subscribe(RAW)
    simulator.replay?.step(1)
    await client.settle()
    const [snapshot, next] = client.books(RAW)
    expect(snapshot).toMatchObject({
      type: 'snapshot',
      change_id: 108,
      bids: [['new', 18_000, 900]],
      asks: [['new', 18_001, 70]],
    })
    expect(next?.prev_change_id).toBe(108)
  })

  it('treats a frame without type and previous id as a snapshot', async () => {
    const old = (id: string, rows: string): string =>
      line({
        atMs: 0,
        channel: RAW,
        data: `{"timestamp":${T},${id},"instrument_name":"BTC-PERPETUAL","bids":[${rows}],"asks":[]}`,
      })
    const lines = [
      old('"change_id":1', '["new",5.0,1.0]'),
      old('"prev_change_id":1,"change_id":2', '["new",6.0,1.0]'),
      old('"change_id":9', '["new",7.0,1.0]'),
    ]
    const { simulator } = await replay({ lines, isStepped: true })
    const prices = [1, 2, 3].map(() => {
      simulator.replay?.step()
      return simulator.reference('BTC-PERPETUAL')?.bids.map(([price]) => price)
    })
    expect(prices).toEqual([[5], [6, 5], [7]])
  })

  it('serves an incremental recording as grouped snapshots, one per frame', async () => {
    const { simulator } = await replay({ isStepped: true, keepsTime: true })
    const client = await Client.open(simulator)
    expect(await client.subscribe(GROUPED)).toEqual([GROUPED])
    simulator.replay?.step(99)
    await client.settle()
    const snapshots = client.books(GROUPED)
    expect(snapshots.map(({ change_id, timestamp, bids }) => [change_id, timestamp, bids])).toEqual(
      [
        [
          100,
          T - 100,
          [
            [18_000, 1_000],
            [17_999.5, 10],
          ],
        ],
        [
          107,
          T + 30,
          [
            [18_000, 900],
            [17_999.5, 10],
          ],
        ],
        [108, T + 230, [[18_000, 900]]],
        [
          120,
          T + 380,
          [
            [18_000, 900],
            [17_999, 20],
          ],
        ],
      ],
    )
    expect(simulator.replay?.isDone).toBe(true)
  })

  it('starts for grouped snapshots too', async () => {
    const { simulator, clock } = await replay({})
    const client = await Client.open(simulator)
    await client.subscribe(GROUPED)
    await run(clock, client, 500)
    expect(client.books(GROUPED)).toHaveLength(4)
  })

  it('omits unrecorded instruments, and sends nothing on other channels of its instruments', async () => {
    const { simulator } = await replay({ isStepped: true })
    const client = await Client.open(simulator)
    const known = 'quote.BTC-PERPETUAL'
    expect(await client.subscribe(known, 'book.ETH-PERPETUAL.100ms')).toEqual([known])
    expect(simulator.instruments).toEqual(['BTC-PERPETUAL'])
  })

  it('rejects an invalid line and names it', async () => {
    await expect(replay({ lines: [...LINES, '{"raw":7}'] })).rejects.toThrow('line 7')
    await expect(replay({ lines: [] })).rejects.toThrow('holds no notification')
    await expect(replay({ file: '/no/such.jsonl' })).rejects.toThrow('--replay=/no/such.jsonl')
  })

  it('reads a gzipped file', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'tiny.jsonl.gz')
    writeFileSync(file, gzipSync(LINES.join('\n')))
    const { simulator } = await startSimulator({ replay: { file, isStepped: true } })
    expect(simulator.replay?.step(99).map((frame) => frame.line)).toEqual([1, 2, 3, 4, 6])
  })
})

describe('the recording of 2019', needsRecordings(), () => {
  it('replays to the expected book after every frame, incrementally and as snapshots', async () => {
    const file = recordingPath('btc-perpetual-raw-2019-04-01.jsonl.gz')
    const { simulator } = await startSimulator({ replay: { file, isStepped: true } })
    const client = await Client.open(simulator)
    await client.subscribe(GROUPED)
    const csv = gunzipSync(
      readFileSync(recordingPath('btc-perpetual-raw-2019-04-01.expected.csv.gz')),
    )
    const expected = csv
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',').map(Number))
    let compared = 0
    for (const [lineNumber, , , , bid, bidAmount, ask, askAmount, ...rest] of expected) {
      while (simulator.replay?.step()[0]?.line !== lineNumber) continue
      const reference = simulator.reference('BTC-PERPETUAL')
      expect(reference?.bids[0]).toEqual([bid, bidAmount])
      expect(reference?.asks[0]).toEqual([ask, askAmount])
      expect([reference?.bids.length, reference?.asks.length]).toEqual(rest.slice(-2))
      compared += 1
    }
    expect(compared).toBe(2_764)
    await client.settle()
    const snapshots = client.books(GROUPED)
    expect(snapshots).toHaveLength(2_764)
    snapshots.forEach((snapshot, index) => {
      const [, , , id, bid, bidAmount, ask, askAmount] = expected[index] ?? []
      expect([snapshot.change_id, snapshot.bids[0], snapshot.asks[0]]).toEqual([
        id,
        [bid, bidAmount],
        [ask, askAmount],
      ])
    })
  })
})

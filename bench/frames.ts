import process from 'node:process'
import { ChannelBook } from '../src/book/channel-book.ts'
import type { DeribitMessage } from '../src/deribit/protocol/messages.ts'
import { MessageParser, parseMessage } from '../src/deribit/protocol/parse-message.ts'
import { medianOf } from './median.ts'

/*
 * npm run bench:frames: a book notification from its bytes into a book, by JSON.parse and by the
 * scanner, alternating in one process. Each frame is parsed, validated and applied twice a message:
 * before the topic and after it.
 */

const CHANNELS = 300
const PASSES = 150
const ROUNDS = 9
const WARM_UP_ROUNDS = 3

type Parse = (bytes: Buffer) => DeribitMessage

const scanning = new MessageParser()
const SUBJECTS: readonly (readonly [name: string, parse: Parse])[] = [
  ['JSON.parse', parseMessage],
  ['scanner', (bytes) => scanning.parse(bytes)],
]

const notification = (channel: string, data: string) =>
  Buffer.from(
    `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`,
  )

/** Ten levels a side in the number format of the exchange. */
function rows(bestTicks: number, step: 1 | -1): string {
  const amounts = ['1250040.0', '186010.0', '946550.0', '4.69412e5', '28000.25', '713210.0']
  const row = (_: unknown, rank: number) => {
    const price = ((bestTicks + step * rank) / 4).toFixed(2)
    return `[${price},${amounts[(bestTicks + rank) % amounts.length]}]`
  }
  return `[${Array.from({ length: 10 }, row).join(',')}]`
}

function snapshotOf(index: number): Buffer {
  const name = `BTC-26DEC26-${60_000 + 500 * index}-C`
  const [bids, asks] = [rows(444_001 + 4 * index, -1), rows(444_003 + 4 * index, 1)]
  const ids = `"timestamp":${1_790_000_000_000 + index},"change_id":${71_000_000_000 + index}`
  return notification(
    `book.${name}.none.10.100ms`,
    `{${ids},"instrument_name":"${name}","bids":${bids},"asks":${asks}}`,
  )
}

function changeOf(index: number): Buffer {
  const name = `BTC-26DEC26-${60_000 + 500 * index}-C`
  const ids = `"timestamp":${1_790_000_000_000 + index},"change_id":${71_000_000_000 + index}`
  return notification(
    `book.${name}.100ms`,
    `{"type":"change",${ids},"instrument_name":"${name}","bids":[["change",${61_000 - index / 2},25000.0]],"asks":[["delete",${61_001 + index},0.0]],"prev_change_id":${70_999_999_999 + index}}`,
  )
}

/** CPU of one pass over the frames, us a frame; every frame is parsed and applied to its book. */
function measure(parse: Parse, frames: readonly Buffer[], books: readonly ChannelBook[]): number {
  const before = process.cpuUsage()
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const [index, bytes] of frames.entries()) {
      const message = parse(bytes)
      if (message.type !== 'book') throw new Error('not a book')
      // A new id each time: otherwise the frame is a duplicate, and its levels are not copied.
      const changeId = message.changeId + pass * CHANNELS
      books[index]?.apply({ ...message, changeId, exchangeTimeMs: changeId }, false)
    }
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (PASSES * frames.length)
}

process.stdout.write('| frame | bytes | JSON.parse, us | scanner, us | ratio |\n')
process.stdout.write('| --- | --- | --- | --- | --- |\n')
for (const [kind, frameOf] of [
  ['grouped snapshot', snapshotOf],
  ['incremental change', changeOf],
] as const) {
  const frames = Array.from({ length: CHANNELS }, (_, index) => frameOf(index))
  const measured: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, parse] of SUBJECTS) {
      const books = frames.map(() => new ChannelBook(kind))
      const microseconds = measure(parse, frames, books)
      if (round >= WARM_UP_ROUNDS) (measured[name] ??= []).push(microseconds)
    }
  }
  const [json = NaN, scanner = NaN] = SUBJECTS.map(([name]) => medianOf(measured[name] ?? []))
  const cells = [kind, frames[0]?.length, json.toFixed(2), scanner.toFixed(2)]
  process.stdout.write(`| ${cells.join(' | ')} | ${(scanner / json).toFixed(2)} |\n`)
}

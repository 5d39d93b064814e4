import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import sortedBTree from 'sorted-btree'
import { OrderBook } from '../src/book/order-book.ts'
import { MessageParser } from '../src/deribit/protocol/parse-message.ts'
import type { BookFrame, FrameLevels, Level } from '../src/model/frames.ts'
import { LevelList } from '../src/model/level-list.ts'

/*
 * npm run bench:book: our full-depth book against a plain sorted array and the most used sorted
 * map of npm, on the same frames: recorded ones where available, else generated ones of the same shape.
 */

const RECORDING = fileURLToPath(
  new URL('../../shared/data/btc-perpetual-raw-2019-04-01.jsonl.gz', import.meta.url),
)
const DEPTH = 10
const PASSES = 60
const WARM_UP_PASSES = 10

// The package is CommonJS: its class is the property `default` of what it exports.
const BTree = sortedBTree.default

interface Book {
  replace(bids: FrameLevels, asks: FrameLevels): void
  change(bids: FrameLevels, asks: FrameLevels): void
  bids(depth: number): readonly Level[]
  asks(depth: number): readonly Level[]
}

/** Simple implementation: sorted array, bisection, splice. */
class ArraySide {
  readonly #sign: 1 | -1
  #levels: [number, number][] = []

  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  replace(levels: FrameLevels): void {
    this.#levels = Array.from(levels, ([price, amount]) => [price, amount])
  }

  set(price: number, amount: number): void {
    let [low, high] = [0, this.#levels.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (((this.#levels[middle]?.[0] ?? 0) - price) * this.#sign < 0) low = middle + 1
      else high = middle
    }
    const level = this.#levels[low]
    const isPresent = level?.[0] === price
    if (amount === 0) {
      if (isPresent) this.#levels.splice(low, 1)
    } else if (isPresent) level[1] = amount
    else this.#levels.splice(low, 0, [price, amount])
  }

  top(depth: number): readonly Level[] {
    return this.#levels.slice(0, depth)
  }
}

/** A B+ tree, best price first. */
class TreeSide {
  readonly #sign: 1 | -1
  #tree: InstanceType<typeof BTree<number, number>>

  constructor(sign: 1 | -1) {
    this.#sign = sign
    this.#tree = new BTree<number, number>(undefined, (a, b) => (a - b) * sign)
  }

  replace(levels: FrameLevels): void {
    const entries = Array.from(levels, ([price, amount]): [number, number] => [price, amount])
    this.#tree = new BTree<number, number>(entries, (a, b) => (a - b) * this.#sign)
  }

  set(price: number, amount: number): void {
    if (amount === 0) this.#tree.delete(price)
    else this.#tree.set(price, amount)
  }

  top(depth: number): readonly Level[] {
    const levels: Level[] = []
    for (const level of this.#tree.entries()) {
      if (levels.length >= depth) break
      levels.push([level[0], level[1]])
    }
    return levels
  }
}

function bookOf(bidSide: ArraySide | TreeSide, askSide: ArraySide | TreeSide): Book {
  return {
    replace(bids, asks) {
      bidSide.replace(bids)
      askSide.replace(asks)
    },
    change(bids, asks) {
      changeSide(bidSide, bids)
      changeSide(askSide, asks)
    },
    bids: (depth) => bidSide.top(depth),
    asks: (depth) => askSide.top(depth),
  }
}

function changeSide(side: ArraySide | TreeSide, { prices, amounts, size }: FrameLevels): void {
  for (let index = 0; index < size; index += 1) side.set(prices[index] ?? 0, amounts[index] ?? 0)
}

const SUBJECTS: readonly [name: string, create: () => Book][] = [
  ['ours (flat arrays, best last)', () => new OrderBook()],
  ['sorted array', () => bookOf(new ArraySide(-1), new ArraySide(1))],
  ['sorted-btree', () => bookOf(new TreeSide(-1), new TreeSide(1))],
]

function recordedFrames(): BookFrame[] {
  return gunzipSync(readFileSync(RECORDING))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      // One parser each: a parser reuses the levels of its frames.
      new MessageParser().parseRecord(Buffer.from((JSON.parse(line) as { raw: string }).raw)),
    )
    .flatMap((parsed) => (parsed.ok && parsed.frame.type === 'book' ? [parsed.frame] : []))
}

/** A thousand levels, then changes that become rarer away from the best price. */
function generatedFrames(): Pick<BookFrame, 'bids' | 'asks' | 'kind'>[] {
  const around = (sign: number) =>
    Array.from({ length: 500 }, (_, index): Level => [4000 + sign * (index + 1) * 0.5, index + 1])
  const frames: Pick<BookFrame, 'bids' | 'asks' | 'kind'>[] = [
    { kind: 'snapshot', bids: LevelList.of(around(-1)), asks: LevelList.of(around(1)) },
  ]
  for (let number = 0; number < 3000; number += 1) {
    const distance = Math.floor(((number * 7919) % 997) ** 2 / 4000)
    const amount = number % 9 < 4 ? 0 : number
    const sign = number % 2 === 0 ? -1 : 1
    const level: Level = [4000 + sign * (distance + 1) * 0.5, amount]
    const [bids, asks] = sign < 0 ? [[level], []] : [[], [level]]
    frames.push({ kind: 'change', bids: LevelList.of(bids), asks: LevelList.of(asks) })
  }
  return frames
}

const isRecorded = existsSync(RECORDING)
const frames = isRecorded ? recordedFrames() : generatedFrames()
const changes = frames.filter(({ kind }) => kind === 'change')
const levels = changes.reduce((sum, { bids, asks }) => sum + bids.size + asks.size, 0)
process.stdout.write(
  `${isRecorded ? 'recorded' : 'made'} frames: ${changes.length} changes of ${levels} levels on a book of ${frames[0]?.bids.size} + ${frames[0]?.asks.size}\n\n`,
)
process.stdout.write(
  '| book | apply, ns per level | top 10 of both sides, ns |\n| --- | --- | --- |\n',
)
let sink = 0
for (const [name, create] of SUBJECTS) {
  let applyMs = 0
  let readMs = 0
  for (let pass = 0; pass < WARM_UP_PASSES + PASSES; pass += 1) {
    const book = create()
    const [first] = frames
    if (first !== undefined) book.replace(first.bids, first.asks)
    const startedMs = performance.now()
    for (const { bids, asks } of changes) book.change(bids, asks)
    const appliedMs = performance.now()
    for (let read = 0; read < changes.length; read += 1) {
      sink += book.bids(DEPTH).length + book.asks(DEPTH).length
    }
    if (pass < WARM_UP_PASSES) continue
    applyMs += appliedMs - startedMs
    readMs += performance.now() - appliedMs
  }
  const perLevel = (applyMs * 1e6) / (levels * PASSES)
  const perRead = (readMs * 1e6) / (changes.length * PASSES)
  process.stdout.write(`| ${name} | ${perLevel.toFixed(0)} | ${perRead.toFixed(0)} |\n`)
}
if (sink === 0) throw new Error('nothing was read')

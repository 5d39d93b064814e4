/** One record of the generated market. */
export interface MarketRecord {
  readonly topic: 'prices' | 'trades'
  readonly instrument: string
  readonly value: string
  /** Epoch ms. */
  readonly timestampMs: number
}

const INSTRUMENTS = Array.from({ length: 20 }, (_, number) => `BTC-${60_000 + 500 * number}-C`)
const SNAPSHOT_MS = 100
/** Snapshots of an instrument for each of its trades. */
const TRADES_EVERY = 10
const LEVELS = 10
const LATENCY_MS = 5

/**
 * Generates the snapshots of 20 books, ten a second of each, and a trade for every tenth of them.
 * The same count gives the same market.
 */
export function* generateMarket(count: number, startMs: number): Generator<MarketRecord> {
  const random = seededRandom()
  const ticks = INSTRUMENTS.map((_, index) => 40_000 + 100 * index)
  let made = 0
  for (let round = 0; made < count; round += 1) {
    for (const [index, instrument] of INSTRUMENTS.entries()) {
      const timestampMs = startMs + round * SNAPSHOT_MS + (index * SNAPSHOT_MS) / INSTRUMENTS.length
      const best = (ticks[index] ?? 0) + (random() < 0.2 ? (random() < 0.5 ? -1 : 1) : 0)
      ticks[index] = best
      const exchangeMs = timestampMs - LATENCY_MS
      const market = { instrument, timestampMs }
      made += 1
      yield {
        ...market,
        topic: 'prices',
        value: snapshotOf(instrument, { best, exchangeMs, round, random }),
      }
      if (made < count && (round + index) % TRADES_EVERY === 0) {
        made += 1
        yield {
          ...market,
          topic: 'trades',
          value: tradeOf(instrument, { best, exchangeMs, round, random }),
        }
      }
      if (made >= count) return
    }
  }
}

/** The time that `count` records span, ms. */
export function spanOf(count: number): number {
  const perRound = INSTRUMENTS.length * (1 + 1 / TRADES_EVERY)
  return Math.ceil(count / perRound + 2) * SNAPSHOT_MS
}

/** [0, 1). */
function seededRandom(): () => number {
  let seed = 1
  return () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
}

interface MarketInstant {
  readonly best: number
  readonly exchangeMs: number
  readonly round: number
  readonly random: () => number
}

function snapshotOf(
  instrument: string,
  { best, exchangeMs, round, random }: MarketInstant,
): string {
  const side = (sign: 1 | -1): string => {
    const row = (_: unknown, level: number) =>
      `[${((best + sign * (level + 1)) / 2).toFixed(1)},${10 * Math.ceil(random() * 5000)}.0]`
    return Array.from({ length: LEVELS }, row).join(',')
  }
  const ids = `"timestamp":${exchangeMs},"instrument_name":"${instrument}","change_id":${71_000_000_000 + round}`
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.${instrument}.none.10.100ms","data":{${ids},"bids":[${side(-1)}],"asks":[${side(1)}]}}}`
}

function tradeOf(instrument: string, { best, exchangeMs, round, random }: MarketInstant): string {
  const seq = Math.floor(round / TRADES_EVERY) + 1
  const side = random() < 0.5 ? 'buy' : 'sell'
  const price = (best / 2).toFixed(1)
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.${instrument}.100ms","data":[{"trade_seq":${seq},"trade_id":"${seq}","timestamp":${exchangeMs},"tick_direction":0,"price":${price},"mark_price":${price},"index_price":${price},"instrument_name":"${instrument}","direction":"${side}","amount":10.0,"contracts":1.0}]}}`
}

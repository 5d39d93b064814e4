import { createRequire } from 'node:module'
import process from 'node:process'

/** The parts of tardis-dev that are used. */
interface Level {
  readonly price: number
  readonly amount: number
}
interface Message {
  readonly type: 'book_change' | 'trade' | 'derivative_ticker' | 'disconnect'
  readonly symbol: string
}
interface Book {
  update(change: Message): void
  bids(): Iterable<Level>
  asks(): Iterable<Level>
}
interface Tardis {
  readonly OrderBook: new () => Book
  readonly normalizeBookChanges: unknown
  readonly normalizeTrades: unknown
  readonly normalizeDerivativeTickers: unknown
  streamNormalized(options: object, ...normalizers: unknown[]): AsyncIterable<Message>
}

const { TARDIS_FOLDER = '', SIM_INSTRUMENTS = '' } = process.env
const tardis = createRequire(`${TARDIS_FOLDER}/package.json`)('tardis-dev') as Tardis

function print(fact: object): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`)
}

function pairs(levels: Iterable<Level>): unknown {
  return [...levels].map(({ price, amount }) => [price, amount])
}

const books = new Map<string, Book>()
const messages = tardis.streamNormalized(
  {
    exchange: 'deribit',
    symbols: SIM_INSTRUMENTS.split(','),
    withDisconnectMessages: true,
    onError: (error: Error) => print({ error: error.message }),
  },
  tardis.normalizeBookChanges,
  tardis.normalizeTrades,
  tardis.normalizeDerivativeTickers,
)
for await (const message of messages) {
  if (message.type !== 'book_change') {
    print({ message: message.type })
    continue
  }
  // tardis-dev converts every name to upper case.
  const instrument = message.symbol
  const book = books.get(instrument) ?? new tardis.OrderBook()
  books.set(instrument, book)
  book.update(message)
  print({ source: 'websocket', instrument, bids: pairs(book.bids()), asks: pairs(book.asks()) })
}

import { createRequire } from 'node:module'
import process from 'node:process'

/** The parts of ccxt that are used; its types are not installed with this project. */
interface OrderBook {
  readonly bids: readonly (readonly number[])[]
  readonly asks: readonly (readonly number[])[]
}
interface Exchange {
  readonly markets: Readonly<Record<string, { readonly id: string }>>
  /** Option of ccxt for ws:// instead of wss://. */
  loadHttpProxyAgent(): Promise<unknown>
  loadMarkets(): Promise<unknown>
  fetchCurrencies(): Promise<object>
  fetchTickers(symbols: undefined, params: object): Promise<object>
  fetchTicker(symbol: string): Promise<{ bid: number; ask: number }>
  fetchStatus(): Promise<{ status: string }>
  fetchTrades(symbol: string): Promise<readonly object[]>
  fetchOrderBook(symbol: string, limit: number): Promise<OrderBook>
  watchOrderBookForSymbols(
    symbols: readonly string[],
    limit: undefined,
    params: object,
  ): Promise<OrderBook & { readonly symbol: string }>
  watchTrades(symbol: string): Promise<readonly object[]>
}
interface Ccxt {
  readonly pro: { readonly deribit: new (config: object) => Exchange }
}

const { CCXT_FOLDER = '', SIM_WS, SIM_HTTP, SIM_INTERVAL: interval } = process.env
const ccxt = createRequire(`${CCXT_FOLDER}/package.json`)('ccxt') as Ccxt
const exchange = new ccxt.pro.deribit({
  apiKey: 'simulator',
  secret: 'SIM_SECRET_KEY_0001',
  urls: { api: { rest: SIM_HTTP, ws: SIM_WS } },
})

function print(fact: object): void {
  process.stdout.write(`${JSON.stringify(fact)}\n`)
}

function printBook(source: string, symbol: string, { bids, asks }: OrderBook): void {
  const levels = (side: OrderBook['bids']): unknown => side.map((level) => level.slice(0, 2))
  const instrument = exchange.markets[symbol]?.id
  print({ source, instrument, bids: levels(bids), asks: levels(asks) })
}

async function poll(symbols: readonly string[]): Promise<never> {
  for (;;) {
    for (const symbol of symbols) {
      printBook('http', symbol, await exchange.fetchOrderBook(symbol, 10_000))
    }
  }
}

async function watch(symbols: readonly string[]): Promise<never> {
  for (;;) {
    const book = await exchange.watchOrderBookForSymbols(symbols, undefined, { interval })
    printBook('websocket', book.symbol, book)
  }
}

await exchange.loadHttpProxyAgent()
await exchange.loadMarkets()
const symbols = Object.keys(exchange.markets)
const [first = ''] = symbols
print({
  markets: symbols.map((symbol) => exchange.markets[symbol]?.id).sort(),
  currencies: Object.keys(await exchange.fetchCurrencies()).length,
  tickers: Object.keys(await exchange.fetchTickers(undefined, { code: 'USDC' })).length,
  status: (await exchange.fetchStatus()).status,
  top: await exchange.fetchTicker(first),
  trades: (await exchange.fetchTrades(first)).length,
})
void exchange.watchTrades(first).then((trades) => print({ message: 'trade', count: trades.length }))
await Promise.race([poll(symbols), watch(symbols)])

"""Reads books with ccxt from a simulated exchange and prints each as a line of JSON."""
import asyncio
import json
import os

import ccxt.pro


def print_fact(fact):
    print(json.dumps(fact), flush=True)


def print_book(exchange, source, symbol, book):
    print_fact({
        'source': source,
        'instrument': exchange.market(symbol)['id'],
        'bids': [level[:2] for level in book['bids']],
        'asks': [level[:2] for level in book['asks']],
    })


async def poll(exchange, symbols):
    while True:
        for symbol in symbols:
            print_book(exchange, 'http', symbol, await exchange.fetch_order_book(symbol, 10000))


async def watch(exchange, symbols):
    params = {'interval': os.environ['SIM_INTERVAL']}
    while True:
        book = await exchange.watch_order_book_for_symbols(symbols, None, params)
        print_book(exchange, 'websocket', book['symbol'], book)


async def main():
    exchange = ccxt.pro.deribit({
        'apiKey': 'simulator',
        'secret': 'SIM_SECRET_KEY_0001',
        'urls': {'api': {'rest': os.environ['SIM_HTTP'], 'ws': os.environ['SIM_WS']}},
    })
    await exchange.load_markets()
    symbols = list(exchange.markets)
    print_fact({
        'markets': sorted(exchange.market(symbol)['id'] for symbol in symbols),
        'currencies': len(await exchange.fetch_currencies()),
        'tickers': len(await exchange.fetch_tickers(None, {'code': 'USDC'})),
        'status': (await exchange.fetch_status())['status'],
        'top': await exchange.fetch_ticker(symbols[0]),
        'trades': len(await exchange.fetch_trades(symbols[0])),
    })
    await asyncio.gather(poll(exchange, symbols), watch(exchange, symbols))


asyncio.run(main())

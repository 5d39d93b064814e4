"""Reads books with cryptofeed from a simulated exchange and prints each as a line of JSON."""
import json
import os

from cryptofeed import FeedHandler
from cryptofeed.defines import L1_BOOK, L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import Deribit

Deribit.websocket_endpoints[0].address = os.environ['SIM_WS']
Deribit.rest_endpoints[0].address = os.environ['SIM_HTTP']
CONFIG = {
    'log': {'filename': os.devnull, 'level': 'WARNING'},
    'deribit': {'key_id': 'simulator', 'key_secret': 'SIM_SECRET_KEY_0001'},
}


def print_fact(fact):
    print(json.dumps(fact), flush=True)


def pairs(side):
    levels = side.to_dict()
    return [[float(price), float(levels[price])] for price in levels]


async def on_book(book, _receipt):
    print_fact({
        'source': 'websocket',
        'instrument': feed.std_symbol_to_exchange_symbol(book.symbol),
        'bids': pairs(book.book.bids),
        'asks': pairs(book.book.asks),
    })


async def on_trade(_trade, _receipt):
    print_fact({'message': 'trade'})


async def on_ticker(_ticker, _receipt):
    print_fact({'message': 'ticker'})


async def on_quote(_quote, _receipt):
    print_fact({'message': 'quote'})


mapping = Deribit.symbol_mapping()
wanted = os.environ['SIM_INSTRUMENTS'].split(',')
print_fact({'markets': sorted(name for name in mapping.values() if name in wanted)})
feed = Deribit(
    config=CONFIG,
    symbols=[symbol for symbol, name in mapping.items() if name in wanted],
    channels=[L2_BOOK, TRADES, TICKER, L1_BOOK],
    callbacks={L2_BOOK: on_book, TRADES: on_trade, TICKER: on_ticker, L1_BOOK: on_quote},
)
handler = FeedHandler(config=CONFIG)
handler.add_feed(feed)
handler.run()

"""Reads books with typed-deribit, which checks every answer against the documented schema."""
import asyncio
import json
import os

from typed_deribit import Deribit

CREDENTIALS = {'client_id': 'simulator', 'client_secret': 'SIM_SECRET_KEY_0001'}


def print_fact(fact):
    print(json.dumps(fact), flush=True)


async def poll(client, names):
    while True:
        for name in names:
            book = await client.market_data.get_order_book(name, depth=10000)
            sides = {side: book[side] for side in ('bids', 'asks')}
            print_fact({'source': 'http', 'instrument': name, **sides})
            await asyncio.sleep(0.1)


async def watch(client, name):
    books = {'bids': {}, 'asks': {}}
    async for update in await client.streams.market_data.book(name, interval='100ms'):
        for side, levels in books.items():
            if update['type'] == 'snapshot':
                levels.clear()
            for action, price, amount in update[side]:
                if action == 'delete':
                    del levels[price]
                else:
                    levels[price] = amount
        sides = {
            'bids': sorted(books['bids'].items(), reverse=True),
            'asks': sorted(books['asks'].items()),
        }
        print_fact({'source': 'websocket', 'instrument': name, **sides})


async def count(stream, message):
    async for _ in await stream:
        print_fact({'message': message})


async def main():
    names = os.environ['SIM_INSTRUMENTS'].split(',')
    client = Deribit.new(**CREDENTIALS)
    client.rpc_client.base_url = os.environ['SIM_HTTP'] + '/api/v2'
    client.ws_client.conn.url = os.environ['SIM_WS']
    async with client:
        data = client.market_data
        instruments = await data.get_instruments('any')
        for name in names:
            await data.get_instrument(name)
            await data.ticker(name)
            await data.get_book_summary_by_instrument(name)
            await data.get_last_trades_by_instrument(name, count=1000)
        summaries = await data.get_book_summary_by_currency('USDC')
        print_fact({
            'markets': sorted(entry['instrument_name'] for entry in instruments),
            'currencies': len(await data.get_currencies()),
            'tickers': len(summaries),
            'indices': len(await data.get_index_price_names()),
        })
        streams = client.streams.market_data
        first = names[0]
        # Ten subscriptions at once are what the exchange allows.
        await asyncio.gather(
            poll(client, names),
            *[watch(client, name) for name in names],
            count(streams.quote(first), 'quote'),
            count(streams.ticker(first, interval='100ms'), 'ticker'),
            count(streams.trades_by_instrument(first, interval='100ms'), 'trade'),
        )


asyncio.run(main())

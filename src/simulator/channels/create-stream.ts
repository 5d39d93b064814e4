import type { Exchange, Market } from '../market/market.ts'
import { isCovered } from '../market/instrument.ts'
import { GroupedStream, IncrementalStream } from './book-streams.ts'
import type { ChannelName } from './channel-name.ts'
import { EventStream, TradesStream } from './event-streams.ts'
import type { StreamSource } from './hub.ts'
import type { Delivery, Stream } from './stream.ts'
import { TickerStream } from './ticker-streams.ts'

export interface MarketSourceOptions {
  /** Size that snapshots are padded to, bytes; 0 for no padding. */
  frameBytes: number
}

/** Creates the streams of the random markets. */
export function createMarketSource(
  options: MarketSourceOptions,
  deps: { exchange: Exchange; delivery: Delivery },
): StreamSource {
  const { exchange, delivery } = deps

  function ofInstrument(
    name: Extract<ChannelName, { instrument: string }>,
    channel: string,
    market: Market,
  ): Stream {
    switch (name.kind) {
      case 'grouped': {
        const { group, depth, interval } = name
        const snapshot = { channel, group, depth, interval, frameBytes: options.frameBytes }
        return new GroupedStream(snapshot, market, delivery)
      }
      case 'incremental':
        return new IncrementalStream({ channel, interval: name.interval }, market, delivery)
      case 'trades':
        return new TradesStream({ channel, interval: name.interval }, [market], delivery)
      case 'ticker':
        return new TickerStream(
          { channel, kind: 'ticker', interval: name.interval },
          market,
          delivery,
        )
      case 'quote':
        return new TickerStream({ channel, kind: 'quote', interval: 'raw' }, market, delivery)
    }
  }

  return (channel, name) => {
    if ('instrument' in name) {
      const market = exchange.markets.get(name.instrument)
      return market === undefined || !isSubscribable(market)
        ? null
        : ofInstrument(name, channel, market)
    }
    if (name.kind === 'trades_of_kind') {
      const markets = [...exchange.markets.values()].filter(({ instrument }) =>
        isCovered(instrument, name.instrumentKind, name.currency),
      )
      return new TradesStream({ channel, interval: name.interval }, markets, delivery)
    }
    if (name.kind === 'price_index' && !exchange.indices().includes(name.index)) return null
    return new EventStream(channel, name)
  }
}

/** Instruments that have expired, are inactive or have not opened yet are missing from the answer like unknown ones. */
export function isSubscribable(market: Market): boolean {
  return market.isOpened && !['delivered', 'inactive', 'archivized'].includes(market.state)
}

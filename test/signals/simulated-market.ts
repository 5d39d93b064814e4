import { createMarketSource } from '../../src/simulator/channels/create-stream.ts'
import { parseChannelName } from '../../src/simulator/channels/channel-name.ts'
import { FaultBoard } from '../../src/simulator/faults/board.ts'
import { MarketFaults } from '../../src/simulator/faults/market-effects.ts'
import { ExchangeClock } from '../../src/simulator/market/exchange-time.ts'
import { Exchange } from '../../src/simulator/market/market.ts'
import { MarketDriver, RandomMarkets } from '../../src/simulator/market/market-driver.ts'
import { PlatformState } from '../../src/simulator/market/platform.ts'
import { Random } from '../../src/simulator/market/random.ts'
import { SendBatch } from '../../src/simulator/server/outbox.ts'
import { FakeClock } from '../support/fake-clock.ts'

/** One frame of the simulated exchange, and when it was sent. */
export interface SimulatedFrame {
  readonly channel: string
  readonly raw: string
  readonly sentMs: number
}

export interface SimulatedMarketOptions {
  readonly seed: number
  readonly instrument: string
  readonly channels: readonly string[]
  readonly ratePerSecond: number
  /** Default: realistic books. */
  readonly signalStrength?: number
}

/** The market of the simulator on a manual clock, without sockets. */
export function simulatedMarket(options: SimulatedMarketOptions) {
  const clock = new FakeClock()
  const exchangeClock = new ExchangeClock(clock)
  const random = new Random(options.seed)
  const exchange = new Exchange(random)
  const faults = new FaultBoard((name) => exchange.markets.has(name))
  const batch = new SendBatch()
  const mover = new MarketFaults(faults, new PlatformState())
  const driver = new MarketDriver({ clock, exchangeClock, random, batch, mover })
  const markets = new RandomMarkets(options.signalStrength ?? null, {
    clock,
    exchangeClock,
    exchange,
    random,
    driver,
  })
  markets.addAll([options.instrument])
  driver.setRate(options.ratePerSecond)
  let frames: SimulatedFrame[] = []
  const keep = ({ channel }: { channel: string }, raw: string) => {
    frames.push({ channel, raw, sentMs: clock.nowMs() })
  }
  const delivery = {
    publish: keep,
    sendInitial: (stream: { channel: string }, _subscriber: unknown, raw: string) =>
      keep(stream, raw),
  }
  const source = createMarketSource({ frameBytes: 0 }, { exchange, delivery })
  const streams = options.channels.map((channel) => {
    const name = parseChannelName(channel)
    const stream = name === null ? null : source(channel, name)
    if (stream === null) throw new Error(`${channel} does not exist`)
    return stream
  })
  const subscribe = () => {
    for (const stream of streams) stream.start({ send: () => undefined })
  }
  subscribe()
  driver.start()
  return {
    clock,
    exchange,
    faults,
    /** Sends the initial frames again, as after a new subscription. */
    subscribe,
    /** The frames of the next `ms`. */
    run(ms: number): SimulatedFrame[] {
      clock.advance(ms)
      const sent = frames
      frames = []
      return sent
    },
  }
}

/** The notification that follows a grouped one 100 ms later, when the book has no asks. */
export function withoutAsks(raw: string): string {
  const message = JSON.parse(raw) as {
    params: { data: { change_id: number; timestamp: number; asks: unknown[] } }
  }
  const { data } = message.params
  data.change_id += 1
  data.timestamp += 100
  data.asks = []
  return JSON.stringify(message)
}

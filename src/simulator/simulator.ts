import { systemClock, type Clock } from '../model/clock.ts'
import { Accounts } from './auth/accounts.ts'
import { ChannelHub } from './channels/channel-hub.ts'
import { createMarketSource } from './channels/market-source.ts'
import { plainDelivery } from './channels/stream.ts'
import { Dispatcher } from './dispatcher.ts'
import { ExchangeClock } from './exchange-clock.ts'
import { Exchange } from './exchange.ts'
import { FrontDoor } from './front-door.ts'
import { LinkState } from './link-state.ts'
import { MarketDriver } from './market-driver.ts'
import { DEFAULT_CREDENTIALS, DEFAULT_LIMITS, type SimulatorOptions } from './options.ts'
import { OrderFlow } from './order-flow.ts'
import { PlatformState } from './platform-state.ts'
import { Random } from './random.ts'
import { RateLimiter } from './rate-limiter.ts'
import { createReplay } from './replay/create-replay.ts'
import type { Player } from './replay/player.ts'
import { SendBatch } from './send-batch.ts'
import { Sessions } from './sessions.ts'
import { TopsHistory } from './tops-history.ts'
import { truthOf, type Truth } from './truth.ts'
import { makeUniverse } from './universe.ts'
import type { Venue } from './venue.ts'

export interface SimulatorDeps {
  /** Default: the system's clocks. */
  clock?: Clock
}

/** A Deribit on localhost. */
export interface Simulator {
  /** `ws://127.0.0.1:port/ws/api/v2`, once started. */
  readonly url: string
  readonly port: number
  readonly instruments: readonly string[]
  /** Connections that are open now. */
  readonly connections: number
  /** What plays the recording; null without one. */
  readonly replay: Player | null
  /** The exchange's own book of an instrument now; null where it has none of that name. */
  truth(instrument: string): Truth | null
  /** @throws the socket's error where the port is in use */
  start(): Promise<void>
  /** Idempotent; cuts every connection. */
  stop(): Promise<void>
}

const DEFAULT_RATE_PER_INSTRUMENT = 2
const DEFAULT_HISTORY_MS = 10_000
const CONGESTED_BYTES = 8 << 20

/**
 * Builds a simulated exchange; nothing listens and no time passes in it before `start`.
 * @throws AppError `ERR_USAGE` naming the option that cannot be used
 */
export function createSimulator(
  options: SimulatorOptions = {},
  deps: SimulatorDeps = {},
): Simulator {
  const clock = deps.clock ?? systemClock
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const random = new Random(options.seed ?? 1)
  const exchangeClock = new ExchangeClock(clock)
  const exchange = new Exchange(random)
  const platform = new PlatformState()
  const link = new LinkState()
  const batch = new SendBatch()
  const delivery = plainDelivery
  const isCongested = (): boolean => sessions.isCongested(CONGESTED_BYTES)
  const replay =
    options.replay === undefined
      ? null
      : createReplay(options.replay, {
          exchange,
          random,
          clock,
          exchangeClock,
          delivery,
          batch,
          isCongested,
        })
  const universe = replay === null ? makeUniverse(options.instruments, exchangeClock.nowMs()) : []
  const driver = new MarketDriver(
    { ratePerSecond: options.ratePerSecond ?? universe.length * DEFAULT_RATE_PER_INSTRUMENT },
    { clock, exchangeClock, random, batch, isMoving: (market) => market.state === 'open' },
  )
  const histories = new Map<string, TopsHistory>()
  const source =
    replay === null
      ? createMarketSource({ frameBytes: options.frameBytes ?? 0 }, { exchange, delivery })
      : replay.streamOf.bind(replay)
  const venue: Venue = {
    clock: exchangeClock,
    exchange,
    hub: new ChannelHub(source, delivery),
    accounts: new Accounts(options.credentials ?? DEFAULT_CREDENTIALS, exchangeClock),
    platform,
    random,
    isRawOpen: options.isRawOpen ?? false,
  }
  const dispatcher = new Dispatcher(
    { isTestnet: options.isTestnet ?? false, maxRequestBytes: limits.maxRequestBytes },
    { venue, limiter: new RateLimiter(limits.credits, clock) },
  )
  const sessions: Sessions = new Sessions(limits, { clock, venue, dispatcher, link, batch })
  const door = new FrontDoor(
    { port: options.port ?? 0, maxConnections: limits.maxConnections },
    { refusal: () => null, onConnection: (...connection) => sessions.add(...connection) },
  )

  for (const instrument of universe) {
    const market = exchange.add(instrument)
    const flow = new OrderFlow(market, random)
    flow.fill()
    market.commit(exchangeClock.nowMs())
    driver.add({ market, flow })
  }
  const historyMs = options.historyMs ?? DEFAULT_HISTORY_MS
  if (historyMs > 0) {
    for (const [name, market] of exchange.markets) {
      histories.set(name, new TopsHistory(historyMs, market, clock))
    }
  }

  let isRunning = false
  return {
    get url() {
      return `ws://127.0.0.1:${door.port}/ws/api/v2`
    },
    get port() {
      return door.port
    },
    get connections() {
      return sessions.open.size
    },
    instruments: [...exchange.markets.keys()],
    replay,
    truth(instrument) {
      const market = exchange.markets.get(instrument)
      return market === undefined ? null : truthOf(market, histories.get(instrument))
    },
    async start() {
      await door.listen()
      isRunning = true
      driver.start()
    },
    async stop() {
      if (!isRunning) return
      isRunning = false
      driver.stop()
      replay?.stop()
      await door.close()
    },
  }
}

import { randomUUID } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { Simulator } from './server/api.ts'
import { Accounts } from './rpc/accounts.ts'
import { createMarketSource } from './channels/create-stream.ts'
import { ChannelHub } from './channels/hub.ts'
import { FaultBoard } from './faults/board.ts'
import { FaultyDelivery } from './faults/delivery.ts'
import { createEffects } from './faults/effects.ts'
import { MarketFaults } from './faults/market-effects.ts'
import { HttpEndpoint } from './server/http-endpoint.ts'
import { ExchangeClock } from './market/exchange-time.ts'
import { Exchange } from './market/market.ts'
import { Histories, MarketDriver, RandomMarkets } from './market/market-driver.ts'
import { PlatformState, PlatformTicker } from './market/platform.ts'
import { Random } from './market/random.ts'
import { referenceOf } from './market/top-history.ts'
import { DEFAULT_CREDENTIALS, DEFAULT_LIMITS, type SimulatorOptions } from './options.ts'
import { createReplay } from './replay/player.ts'
import { Dispatcher } from './rpc/dispatcher.ts'
import type { RequestContext } from './rpc/request.ts'
import { ControlServer } from './server/control-server.ts'
import { LinkState, SendBatch } from './server/outbox.ts'
import { RateLimiter } from './server/rate-limiter.ts'
import { Sessions } from './server/sessions.ts'
import { WsServer } from './server/ws-server.ts'

export interface SimulatorDeps {
  /** Default: the system clocks. */
  clock?: Clock
}

const LOOPBACK = '127.0.0.1'
const ID_LENGTH = 8
const DEFAULT_RATE_PER_INSTRUMENT = 2
const DEFAULT_HISTORY_MS = 10_000
const CONGESTED_BYTES = 8 << 20
const TOO_MANY_REQUESTS = 429
const SERVICE_UNAVAILABLE = 503

/**
 * Creates a simulated exchange; it does not listen or run before `start`.
 * @throws AppError `ERR_USAGE` naming the invalid option
 */
export function createSimulator(
  options: SimulatorOptions = {},
  deps: SimulatorDeps = {},
): Simulator {
  const clock = deps.clock ?? systemClock
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const seed = options.seed ?? 1
  const random = new Random(seed)
  const exchangeClock = new ExchangeClock(clock)
  const exchange = new Exchange(random)
  const platform = new PlatformState()
  const link = new LinkState()
  const batch = new SendBatch()
  const faults = new FaultBoard((name) => exchange.markets.has(name))
  const delivery = new FaultyDelivery(faults, clock)
  const mover = new MarketFaults(faults, platform)
  const driver = new MarketDriver({ clock, exchangeClock, random, batch, mover })
  const randomMarkets = new RandomMarkets(options.signalStrength ?? null, {
    clock,
    exchangeClock,
    exchange,
    random,
    driver,
  })
  const isCongested = (): boolean => sessions.isCongested(CONGESTED_BYTES)
  const playerDeps = { clock, exchangeClock, delivery, batch, isCongested }
  const replay =
    options.replay === undefined
      ? null
      : createReplay(options.replay, { exchange, random, ...playerDeps })
  if (replay === null) randomMarkets.addAll(options.instruments)
  driver.setRate(options.ratePerSecond ?? exchange.markets.size * DEFAULT_RATE_PER_INSTRUMENT)

  const source =
    replay === null
      ? createMarketSource({ frameBytes: options.frameBytes ?? 0 }, { exchange, delivery })
      : replay.streamOf.bind(replay)
  const hub = new ChannelHub(source, delivery)
  const accounts = new Accounts(options.credentials ?? DEFAULT_CREDENTIALS, exchangeClock)
  const isRawOpen = options.isRawOpen ?? false
  const context: RequestContext = {
    clock: exchangeClock,
    exchange,
    hub,
    accounts,
    faults,
    platform,
    // Separate generator: the random books must not depend on the actions of clients.
    random: new Random(~seed),
    isRawOpen,
  }
  const dispatcher = new Dispatcher(
    { isTestnet: options.isTestnet ?? false, maxRequestBytes: limits.maxRequestBytes },
    { context, limiter: new RateLimiter(limits.credits, clock) },
  )
  const sessions: Sessions = new Sessions(limits, { clock, context, dispatcher, link, batch })
  const http = new HttpEndpoint(limits, { clock, context, dispatcher, link })
  const ticker = new PlatformTicker({ clock, exchangeClock, exchange, hub, platform })
  const wsServer = new WsServer(
    {
      host: options.host ?? LOOPBACK,
      port: options.port ?? 0,
      maxConnections: limits.maxConnections,
      tls: options.tls ?? null,
    },
    {
      refusal() {
        if (faults.find('429') !== null) return TOO_MANY_REQUESTS
        const serverError = faults.find('5xx')
        if (serverError !== null) return Number(serverError.value)
        return platform.isClosed ? SERVICE_UNAVAILABLE : null
      },
      onConnection: (...connection) => sessions.add(...connection),
      onRequest: (request, response) => http.handle(request, response),
    },
  )
  const histories = new Histories(options.historyMs ?? DEFAULT_HISTORY_MS, clock)
  for (const market of exchange.markets.values()) histories.watch(market)
  faults.connect(
    createEffects({
      clock,
      exchangeClock,
      exchange,
      hub,
      accounts,
      platform,
      link,
      sessions,
      list(name) {
        if (replay !== null) throw usageError('scenario listing: cannot be used with a recording')
        const market = randomMarkets.list(name)
        histories.watch(market)
        return market
      },
    }),
  )

  const id = options.id ?? randomUUID().slice(0, ID_LENGTH)
  let isRunning = false
  const simulator: Simulator = {
    get url() {
      return `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${wsServer.port}/ws/api/v2`
    },
    get port() {
      return wsServer.port
    },
    id,
    get controlUrl() {
      return control?.url ?? null
    },
    get instruments() {
      return [...exchange.markets.keys()]
    },
    get connections() {
      return sessions.open.size
    },
    faults,
    replay,
    reference(instrument) {
      const market = exchange.markets.get(instrument)
      return market === undefined ? null : referenceOf(market, histories.of(market))
    },
    setRate: (ratePerSecond) => driver.setRate(ratePerSecond),
    async start() {
      faults.set(options.scenario ?? '')
      await wsServer.listen()
      try {
        await control?.listen()
      } catch (error) {
        await wsServer.close()
        throw error
      }
      isRunning = true
      if (replay === null) driver.start()
      ticker.start()
    },
    async stop() {
      if (!isRunning) return
      isRunning = false
      faults.clear()
      driver.stop()
      ticker.stop()
      replay?.stop()
      await control?.close()
      await wsServer.close()
    },
  }
  const control =
    options.controlPort === undefined
      ? null
      : new ControlServer({ port: options.controlPort, id }, { simulator })
  return simulator
}

function usageError(problem: string): AppError {
  return new AppError('ERR_USAGE', problem, { context: { problems: [problem] } })
}

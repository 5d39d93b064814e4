import { type AlertTestbed, UNACKNOWLEDGED } from './alert-testbed.ts'
import { alterClientQuota } from './alter-client-quota.ts'
import { brokerOf, holdRepeatedly, writeForeignRecord } from './disturbances.ts'
import type { ExpectedAlert, Scenario } from './scenario.ts'

const alert = (name: string, more: Omit<ExpectedAlert, 'alert'> = {}): ExpectedAlert => ({
  alert: `OrderBook${name}`,
  ...more,
})
const heldBack = (name: string, of: Readonly<Record<string, string>> = {}) =>
  alert(name, { of, isHeldBack: true })
/** Alerts of a book that is no longer verified. */
const STALE = [
  alert('NotLive', { severity: 'critical' }),
  alert('Stale', { severity: 'warning', isHeldBack: null }),
]
/** The same where another alert explains them. */
const EXPLAINED_STALE = [
  alert('NotLive', { severity: 'critical', isHeldBack: true }),
  alert('Stale', { severity: 'warning', isHeldBack: true }),
]
/** Alerts that come before or after those of `STALE`, by the moment of the evaluation. */
const AROUND_STALE = [
  'OrderBookFreshnessBudgetBurnFast',
  'OrderBookBooksMissing',
  'OrderBookNotLive',
  'OrderBookFeedDisconnected',
  'OrderBookExporterDown',
]

/** Alerts that may fire where records wait for some seconds. */
const LATE = ['OrderBookLagBudgetBurnFast', 'OrderBookPipelineLagHigh']
/** The same where partitions are reassigned: a second without verification is long in a shortened window. */
const HANDED_OVER = [
  ...LATE,
  ...AROUND_STALE,
  'OrderBookStale',
  'OrderBookScrapesFailing',
  'OrderBookRebalanceStorm',
]
/** The same where the feed is disconnected for some seconds. */
const WITHOUT_FEED = [
  ...AROUND_STALE,
  'OrderBookSubscriptionsMissing',
  'OrderBookStale',
  'OrderBookProbesOverdue',
  'OrderBookExchangeFrozen',
]

/** A scenario from a fault of the simulated exchange. */
const simulated = (faults: string) => ({
  how: `simulator: \`${faults}\``,
  inject: (testbed: AlertTestbed) => testbed.setFaults(faults),
  recover: (testbed: AlertTestbed) => testbed.setFaults(''),
})

const CONSUMER_DIES: Scenario = {
  name: 'A consumer dies',
  testbed: 'grouped',
  how: 'SIGKILL to one of two consumers',
  inject: (testbed) => testbed.consumer(1).kill('SIGKILL'),
  fires: [alert('ExporterDown', { from: 'consumer-2' })],
  recover: (testbed) => testbed.consumer(1).restart(),
  // Records wait during both rebalances.
  mayFire: HANDED_OVER,
}

const BROKER_PAUSES: Scenario = {
  name: 'The broker stands still for three seconds',
  testbed: 'grouped',
  how: 'SIGSTOP to Kafka, SIGCONT three seconds later',
  inject: async (testbed) => {
    brokerOf(testbed).pause()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    brokerOf(testbed).resume()
  },
  fires: [alert('LagBudgetBurnFast'), alert('PipelineLagHigh', { isHeldBack: true })],
  recover: (testbed) => brokerOf(testbed).resume(),
}

const CLOCK_JUMPS: Scenario = {
  name: 'The clock of the exchange jumps',
  testbed: 'grouped',
  // The delay keeps the clock offset from being measured again: the shorter round trip wins.
  ...simulated('skew=+3000,delay-in=200'),
  fires: [alert('ClockSkew', { from: 'producer' })],
}

const FOREIGN_RECORD: Scenario = {
  name: 'Somebody else writes to the topic',
  testbed: 'grouped',
  how: 'a record that is no frame',
  inject: (testbed) => writeForeignRecord(testbed),
  fires: [alert('InvalidRecords', { of: { topic: 'prices' } })],
  recover: () => undefined,
}

/** Alerts of short windows that no scenario shows, with the reason; promtool tests them. */
export const NOT_PLAYED: Readonly<Record<string, string>> = {
  OrderBookFreshnessBudgetBurnFast: 'needs an hour of history',
  OrderBookScrapesFailing: 'fires only by chance when a process dies',
  OrderBookCrashLoop: 'a process of the stack does not restart fast enough',
  OrderBookNoInstruments: 'the producers of the stack report what is expected',
  OrderBookInstrumentsOverLimit: 'the stack has too few instruments',
  OrderBookExchangeFrozen: 'heartbeats and books of the simulator stop together',
  OrderBookProbesOverdue: 'the waits of probes are not shortened',
  OrderBookInvalidFrames: 'the service resyncs the books in between',
  OrderBookTopicNotReady: 'the broker refuses no topic',
  OrderBookConsumerReplaced: 'a consumer is replaced too seldom',
  OrderBookSeriesDropped: 'the stack has too few instruments',
  OrderBookTradesSilent: 'needs an hour of history',
  OrderBookTradesNotRead: 'the topics of the stack have the same partitions',
  OrderBookNumbersNotWritten: 'the stack writes no topic of numbers',
  OrderBookNumbersDropped: 'the stack writes no topic of numbers',
  OrderBookRebalanceStorm: 'a group needs seconds for each join',
  OrderBookConfigDiffers: 'all consumers of the stack have the same settings',
  OrderBookFramesUnaccounted: 'no known fault leads to it',
  OrderBookRecordsLost: 'no fault of the broker loses acknowledged records',
  OrderBookCheckpointMismatch: 'no known fault leads to it',
  OrderBookBrokerDown: 'the metrics of the broker are not scraped',
  OrderBookClocksDisagree: 'all processes have the clock of one host',
  OrderBookTraceExportFailing: 'traces are off',
  OrderBookOverloaded: 'the capacity of the machine is not known',
}

/** All scenarios, in this order on each testbed. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'The exchange cuts all connections and takes no new ones',
    testbed: 'grouped',
    isForCi: true,
    ...simulated('5xx,reset'),
    fires: [
      alert('FeedDisconnected', { from: 'producer', severity: 'critical' }),
      ...EXPLAINED_STALE,
      heldBack('SubscriptionsMissing'),
    ],
    mayFire: WITHOUT_FEED,
  },
  CONSUMER_DIES,
  BROKER_PAUSES,
  CLOCK_JUMPS,
  {
    name: 'The broker hangs',
    testbed: 'grouped',
    how: 'SIGSTOP to Kafka until its queue at the producer is full',
    inject: (testbed) => brokerOf(testbed).pause(),
    fires: [
      ...STALE,
      alert('ProduceErrors', { from: 'producer' }),
      alert('RecordsDropped', { from: 'producer' }),
    ],
    recover: (testbed) => brokerOf(testbed).resume(),
    // Waiting records are published late, or replayed where they are too old. A consumer knows that
    // records wait only if it has read the end offsets recently.
    mayFire: [
      ...[...LATE, ...AROUND_STALE, 'OrderBookConsumerLagging', 'OrderBookConsumerStuck'],
      ...['OrderBookTopicNotReady', 'OrderBookConsumerReplaced'],
    ],
  },
  {
    name: 'The exchange keeps its sockets open and is silent',
    testbed: 'grouped',
    ...simulated('stall'),
    // It accepts the new connection and never answers on it.
    fires: [...STALE, alert('SubscriptionsMissing')],
    mayFire: WITHOUT_FEED,
  },
  {
    name: 'The exchange is in maintenance',
    testbed: 'grouped',
    ...simulated('maintenance=30000'),
    fires: [alert('ExchangeMaintenance'), heldBack('FeedDisconnected')],
    // The next attempt may be half a minute later; reconnect delays are not shortened.
    mayFire: WITHOUT_FEED,
  },
  {
    name: 'A book is crossed',
    testbed: 'grouped',
    ...simulated('crossed@BTC-PERPETUAL'),
    fires: [alert('Invalid', { of: { instrument: 'BTC-PERPETUAL' } })],
    mayFire: AROUND_STALE,
  },
  {
    name: 'The exchange is slow',
    testbed: 'grouped',
    ...simulated('delay=2000'),
    fires: [alert('ExchangeSlow', { from: 'producer' })],
  },
  {
    name: 'A producer dies',
    testbed: 'grouped',
    how: 'SIGKILL to the producer',
    inject: (testbed) => testbed.stack.producer.kill('SIGKILL'),
    fires: [alert('ExporterDown', { from: 'producer', severity: 'critical' }), ...EXPLAINED_STALE],
    mayFire: [...AROUND_STALE, 'OrderBookScrapesFailing'],
    recover: (testbed) => testbed.stack.producer.restart(),
  },
  blockedLoop(),
  {
    name: 'There are more consumers than partitions',
    testbed: 'grouped',
    how: 'three more consumers at four partitions',
    inject: async (testbed) => {
      const more = await Promise.all([1, 2, 3].map(() => testbed.stack.addConsumer()))
      await testbed.setTargets([...testbed.services, ...more])
    },
    fires: [alert('ConsumerOwnsNothing')],
    mayFire: HANDED_OVER,
    recover: async (testbed) => {
      const more = testbed.stack.consumers.slice(testbed.services.length - 1)
      await testbed.setTargets(testbed.services)
      await Promise.all(more.map((consumer) => consumer.stop()))
    },
  },
  {
    name: 'Consumers may read only a little',
    testbed: 'grouped',
    how: 'a quota of the broker, `consumer_byte_rate=1000`',
    inject: (testbed) => alterClientQuota(testbed.stack.brokers, 1000),
    fires: [alert('ConsumerLagging'), alert('ConsumerStuck'), ...STALE],
    recover: (testbed) => alterClientQuota(testbed.stack.brokers, null),
    // Until its books are stale, a consumer publishes records late.
    mayFire: [...LATE, ...AROUND_STALE, 'OrderBookConsumerReplaced'],
  },
  {
    name: 'Prometheus has lost its targets',
    testbed: 'grouped',
    how: '`prometheus.yml` without targets, SIGHUP',
    inject: (testbed) => testbed.setTargets([]),
    // Nobody is known to be served; that is seen at once, and the absence only after a while.
    fires: [alert('BooksMissing', { isHeldBack: null }), alert('ExporterAbsent')],
    recover: (testbed) => testbed.setTargets(testbed.services),
  },
  {
    name: 'Consumers read a topic that nobody writes',
    testbed: 'grouped',
    how: 'a consumer with another `KAFKA_TOPIC`, and no other one is scraped',
    inject: async (testbed) => {
      const settings = { KAFKA_TOPIC: 'nobodys', KAFKA_GROUP_ID: 'nobody' }
      const lost = await testbed.stack.addConsumer(settings, '/livez')
      await testbed.setTargets([testbed.stack.producer, lost])
    },
    fires: [alert('BooksMissing')],
    recover: async (testbed) => {
      await testbed.setTargets(testbed.services)
      await testbed.stack.consumers.at(-1)?.stop()
    },
    // Another process starts on a busy machine.
    mayFire: [...LATE, ...AROUND_STALE],
  },
  // Last: after the next scrape, earlier records look like new ones.
  together([CONSUMER_DIES, BROKER_PAUSES, CLOCK_JUMPS, FOREIGN_RECORD]),
  FOREIGN_RECORD,
  {
    name: 'Changes of a book are missing',
    testbed: 'incremental',
    ...simulated('gap=10@BTC-PERPETUAL'),
    // Pauses of ten seconds between resyncs are not shortened.
    // A channel with so many gaps is suspended for some seconds.
    mayFire: [...AROUND_STALE, 'OrderBookStale'],
    fires: [alert('GapRate', { of: { instrument: 'BTC-PERPETUAL' } })],
  },
  {
    name: 'The exchange cuts all connections repeatedly',
    testbed: 'unhurried',
    ...simulated('flap=300'),
    fires: [alert('FeedFlapping', { from: 'producer', isHeldBack: null })],
    // Reconnect delays grow to half a minute.
    mayFire: ['OrderBookFeedDisconnected', ...WITHOUT_FEED],
  },
  {
    name: 'The exchange refuses a channel',
    testbed: 'unacknowledged',
    how: `simulator: \`no-ack@${UNACKNOWLEDGED}\` from the start`,
    inject: () => undefined,
    fires: [alert('NotLive', { of: { instrument: UNACKNOWLEDGED } })],
    mayFire: ['OrderBookSubscriptionsMissing', ...AROUND_STALE],
    recover: (testbed) => testbed.setFaults(''),
  },
]

function blockedLoop(): Scenario {
  let stopHolding: () => Promise<void> = () => Promise.resolve()
  return {
    name: 'The event loop of a consumer is blocked',
    testbed: 'grouped',
    how: 'SIGSTOP to a consumer for 300 of every 500 ms',
    inject: (testbed) => {
      stopHolding = holdRepeatedly(testbed.consumer(0))
    },
    fires: [alert('EventLoopBlocked', { from: 'consumer-1' })],
    recover: () => stopHolding(),
  }
}

/** Several faults at once in one testbed, in the time of one. */
function together(scenarios: readonly [Scenario, ...Scenario[]]): Scenario {
  const names = scenarios.map(({ name }) => name)
  return {
    name: names.join('. '),
    testbed: scenarios[0].testbed,
    isForCi: true,
    how: 'all of it at once',
    inject: async (testbed) => {
      for (const scenario of scenarios) await scenario.inject(testbed)
    },
    // Alerts that another one inhibits come and go with it.
    fires: scenarios.flatMap(({ fires }) => fires.map((one) => ({ ...one, isHeldBack: null }))),
    recover: async (testbed) => {
      for (const scenario of scenarios) await scenario.recover(testbed)
    },
    mayFire: scenarios.flatMap(({ mayFire = [] }) => mayFire),
  }
}

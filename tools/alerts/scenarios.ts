import { alterClientQuota } from './alter-client-quota.ts'
import { UNACKNOWLEDGED, type AlertStage } from './alert-stage.ts'
import { brokerOf, holdAgainAndAgain, writeForeignRecord } from './disturbances.ts'
import type { ExpectedAlert, Scenario } from './scenario.ts'

const alert = (name: string, more: Omit<ExpectedAlert, 'alert'> = {}): ExpectedAlert => ({
  alert: `OrderBook${name}`,
  ...more,
})
const heldBack = (name: string, of: Readonly<Record<string, string>> = {}) =>
  alert(name, { of, isHeldBack: true })
/** What a book that nothing proves any more says. */
const STALE = [
  alert('Stale'),
  alert('NotLive', { severity: 'critical', isHeldBack: true }),
  alert('FreshnessBudgetBurnFast'),
]

/** Names of what comes by chance where records wait for some seconds. */
const LATE = ['OrderBookLagBudgetBurnFast', 'OrderBookPipelineLagHigh']
/** The same where partitions change hands: a second without proof is much of a hastened window. */
const HANDED_OVER = [...LATE, 'OrderBookFreshnessBudgetBurnFast']
/** The same where the feed is away for some seconds. */
const WITHOUT_FEED = [
  'OrderBookSubscriptionsMissing',
  'OrderBookStale',
  'OrderBookNotLive',
  'OrderBookFreshnessBudgetBurnFast',
]

/** A fault that the simulated exchange has as a switch. */
const simulated = (faults: string) => ({
  how: `simulator: \`${faults}\``,
  inject: (stage: AlertStage) => stage.setFaults(faults),
  mend: (stage: AlertStage) => stage.setFaults(''),
})

const CONSUMER_DIES: Scenario = {
  name: 'A consumer dies',
  stage: 'grouped',
  how: 'SIGKILL to one of two consumers',
  inject: (stage) => stage.consumer(1).kill('SIGKILL'),
  fires: [alert('ExporterDown', { from: 'consumer-2' })],
  mend: (stage) => stage.consumer(1).restart(),
  // Until the other one has taken over records wait, and again when it gives back.
  mayFire: HANDED_OVER,
}

const BROKER_PAUSES: Scenario = {
  name: 'The broker stands still for three seconds',
  stage: 'grouped',
  how: 'SIGSTOP to Kafka, SIGCONT three seconds later',
  inject: async (stage) => {
    brokerOf(stage).pause()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    brokerOf(stage).resume()
  },
  fires: [alert('LagBudgetBurnFast'), alert('PipelineLagHigh', { isHeldBack: true })],
  mend: (stage) => brokerOf(stage).resume(),
}

const CLOCK_JUMPS: Scenario = {
  name: 'The clock of the exchange jumps',
  stage: 'grouped',
  // The delay keeps the clock from being measured anew: a shorter round trip would win.
  ...simulated('skew=+3000,delay-in=200'),
  fires: [alert('ClockSkew', { from: 'producer' })],
}

const FOREIGN_RECORD: Scenario = {
  name: 'Somebody else writes to the topic',
  stage: 'grouped',
  how: 'a record that is no frame',
  inject: (stage) => writeForeignRecord(stage),
  fires: [alert('InvalidRecords', { of: { topic: 'prices' } })],
  mend: () => undefined,
}

/** Everything that is played, in this order on each stage. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'The exchange cuts all connections and takes no new ones',
    stage: 'grouped',
    isForCi: true,
    ...simulated('5xx,reset'),
    fires: [
      alert('FeedDisconnected', { from: 'producer' }),
      ...STALE,
      heldBack('SubscriptionsMissing'),
    ],
  },
  CONSUMER_DIES,
  BROKER_PAUSES,
  CLOCK_JUMPS,
  {
    name: 'The broker hangs',
    stage: 'grouped',
    how: 'SIGSTOP to Kafka until its queue at the producer is full',
    inject: (stage) => brokerOf(stage).pause(),
    fires: [
      ...STALE,
      alert('ProduceErrors', { from: 'producer' }),
      alert('RecordsDropped', { from: 'producer' }),
    ],
    mend: (stage) => brokerOf(stage).resume(),
    // What waited is published late, or replayed where it is too old by then. A consumer knows that
    // records wait only where it has just asked.
    mayFire: [...LATE, 'OrderBookConsumerLagging', 'OrderBookConsumerStuck'],
  },
  {
    name: 'The exchange keeps its sockets open and is silent',
    stage: 'grouped',
    ...simulated('stall'),
    // It takes the new connection, and never answers on it.
    fires: [...STALE, alert('SubscriptionsMissing')],
  },
  {
    name: 'The exchange is in maintenance',
    stage: 'grouped',
    ...simulated('maintenance=30000'),
    fires: [alert('ExchangeMaintenance'), heldBack('FeedDisconnected')],
    // The next attempt may be half a minute away when it is over; that wait is not hastened.
    mayFire: WITHOUT_FEED,
  },
  {
    name: 'A book is crossed',
    stage: 'grouped',
    ...simulated('crossed@BTC-PERPETUAL'),
    fires: [alert('Invalid', { of: { instrument: 'BTC-PERPETUAL' } })],
  },
  {
    name: 'The exchange is slow',
    stage: 'grouped',
    ...simulated('delay=2000'),
    fires: [alert('ExchangeSlow', { from: 'producer' })],
  },
  {
    name: 'A producer dies',
    stage: 'grouped',
    how: 'SIGKILL to the producer',
    inject: (stage) => stage.stack.producer.kill('SIGKILL'),
    fires: [alert('ExporterDown', { from: 'producer' }), ...STALE],
    mend: (stage) => stage.stack.producer.restart(),
  },
  blockedLoop(),
  {
    name: 'There are more consumers than partitions',
    stage: 'grouped',
    how: 'three more consumers at four partitions',
    inject: async (stage) => {
      const more = await Promise.all([1, 2, 3].map(() => stage.stack.addConsumer()))
      await stage.setTargets([...stage.services, ...more])
    },
    fires: [alert('ConsumerOwnsNothing')],
    mayFire: HANDED_OVER,
    mend: async (stage) => {
      const more = stage.stack.consumers.slice(stage.services.length - 1)
      await stage.setTargets(stage.services)
      await Promise.all(more.map((consumer) => consumer.stop()))
    },
  },
  {
    name: 'Consumers may read only a little',
    stage: 'grouped',
    how: 'a quota of the broker, `consumer_byte_rate=1000`',
    inject: (stage) => alterClientQuota(stage.stack.brokers, 1000),
    fires: [alert('ConsumerLagging'), alert('ConsumerStuck'), ...STALE],
    mend: (stage) => alterClientQuota(stage.stack.brokers, null),
    // Until its books are stale a consumer publishes what it gets, late.
    mayFire: LATE,
  },
  {
    name: 'Prometheus has lost its targets',
    stage: 'grouped',
    how: '`prometheus.yml` without targets, SIGHUP',
    inject: (stage) => stage.setTargets([]),
    fires: [alert('ExporterAbsent')],
    mend: (stage) => stage.setTargets(stage.services),
  },
  {
    name: 'Consumers read a topic that nobody writes',
    stage: 'grouped',
    how: 'a consumer with another `KAFKA_TOPIC`, and no other one is scraped',
    inject: async (stage) => {
      const settings = { KAFKA_TOPIC: 'nobodys', KAFKA_GROUP_ID: 'nobody' }
      const lost = await stage.stack.addConsumer(settings)
      await stage.setTargets([stage.stack.producer, lost])
    },
    fires: [alert('NoInstruments')],
    mend: async (stage) => {
      await stage.setTargets(stage.services)
      await stage.stack.consumers.at(-1)?.stop()
    },
    // One more process starts on a machine that has enough to do.
    mayFire: LATE,
  },
  // Last: whoever scrapes anew takes the records that were counted before for new ones.
  together([CONSUMER_DIES, BROKER_PAUSES, CLOCK_JUMPS, FOREIGN_RECORD]),
  FOREIGN_RECORD,
  {
    name: 'Changes of a book are missing',
    stage: 'incremental',
    ...simulated('gap=10@BTC-PERPETUAL'),
    // Between fresh pictures there are waits of ten seconds, which are not hastened.
    // A book that breaks so often is suspended for some seconds.
    mayFire: ['OrderBookNotLive', 'OrderBookStale', 'OrderBookFreshnessBudgetBurnFast'],
    fires: [alert('GapRate', { of: { instrument: 'BTC-PERPETUAL' } })],
  },
  {
    name: 'The exchange cuts all connections again and again',
    stage: 'unhurried',
    ...simulated('flap=300'),
    fires: [alert('FeedFlapping', { from: 'producer', isHeldBack: null })],
    // The waits between attempts grow to half a minute.
    mayFire: ['OrderBookFeedDisconnected', ...WITHOUT_FEED],
  },
  {
    name: 'The exchange refuses a channel',
    stage: 'unacknowledged',
    how: `simulator: \`no-ack@${UNACKNOWLEDGED}\` from the start`,
    inject: () => undefined,
    fires: [alert('NotLive', { severity: 'warning', of: { instrument: UNACKNOWLEDGED } })],
    mend: (stage) => stage.setFaults(''),
  },
]

function blockedLoop(): Scenario {
  let letGo: () => Promise<void> = () => Promise.resolve()
  return {
    name: 'The event loop of a consumer is blocked',
    stage: 'grouped',
    how: 'SIGSTOP to a consumer for 300 of every 500 ms',
    inject: (stage) => {
      letGo = holdAgainAndAgain(stage.consumer(0))
    },
    fires: [alert('EventLoopBlocked', { from: 'consumer-1' })],
    mend: () => letGo(),
  }
}

/** Several faults at once, on one stage, which cost CI the time of one. */
function together(scenarios: readonly [Scenario, ...Scenario[]]): Scenario {
  const names = scenarios.map(({ name }) => name)
  return {
    name: names.join('. '),
    stage: scenarios[0].stage,
    isForCi: true,
    how: 'all of it at once',
    inject: async (stage) => {
      for (const scenario of scenarios) await scenario.inject(stage)
    },
    // What one of them explains of another comes and goes with it.
    fires: scenarios.flatMap(({ fires }) => fires.map((one) => ({ ...one, isHeldBack: null }))),
    mend: async (stage) => {
      for (const scenario of scenarios) await scenario.mend(stage)
    },
    mayFire: scenarios.flatMap(({ mayFire = [] }) => mayFire),
  }
}

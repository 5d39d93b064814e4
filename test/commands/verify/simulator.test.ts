import { describe, expect, it } from 'vitest'
import { CHECKS } from '../../../src/commands/verify/checks/catalogue.ts'
import { FAULTS } from '../../../src/simulator/faults/catalogue.ts'
import { verifySimulator } from './verify-simulator.ts'

const ALL = ['future:any', 'option:BTC', 'BTC_USDC']

describe('the simulator without faults', () => {
  it.each([
    ['by default', {}],
    ['with every kind of instrument', { simulator: { instruments: 60 }, instruments: ALL }],
    ['with a still market', { simulator: { ratePerSecond: 0 } }],
    ['with a busy market', { simulator: { ratePerSecond: 200 } }],
    ['with padded snapshots', { simulator: { frameBytes: 20_000 } }],
    ['as the test network', { simulator: { isTestnet: true } }],
    ['with raw channels for everyone', { simulator: { isRawOpen: true } }],
    ['with another seed', { simulator: { seed: 77 } }],
  ])('passes verify %s', async (_name, options) => {
    const { contradicted } = await verifySimulator({ ...options, seconds: 40 })
    expect(contradicted).toEqual([])
  })

  it('triggers every check except those of closed connections and states', async () => {
    const { checks } = await verifySimulator({
      simulator: { instruments: 60, ratePerSecond: 200 },
      instruments: ALL,
      seconds: 40,
    })
    const unseen = checks.filter(({ outcome }) => outcome === 'not_seen').map(({ id }) => id)
    expect(unseen).toEqual(['transport.close', 'state.known'])
    expect(checks).toHaveLength(CHECKS.length)
  })
})

/** Faults that contradict the protocol, and a check that finds them. */
const CONTRADICTING: Readonly<Record<string, string>> = {
  gap: 'book.sequence: prev_change_id is not the last change_id',
  reorder: 'book.sequence: prev_change_id is not the last change_id',
  garbage: 'envelope.json: not a JSON object',
  truncated: 'envelope.json: not a JSON object',
  'oversize=1100000': 'transport.size: a frame above 1 MB',
  unsorted: 'book.order: (bids|asks) are not sorted',
  'non-finite': 'book.rows: a value that is not finite',
  negative: 'book.rows: an amount that is not above 0',
  'delete-unknown': 'book.levels: delete of a price that is not in the book',
  'no-ack': 'envelope.answered: public/subscribe was not answered',
  'no-ack@BTC-PERPETUAL': 'subscribe.acknowledged: incremental channel is not acknowledged',
  'change-before-snapshot': 'book.first: a change before the snapshot',
  'silent-subscription': 'ticker.interval: silent for more than 7.5 s',
  crossed: 'book.top: the best bid is above the best ask',
  locked: 'book.top: the best bid is at the best ask',
  'delay=6000': 'envelope.prompt: public/hello took more than 3 s',
  skew: 'clock.offset: offset of about 5 s',
  stall: 'heartbeat.interval: no further test request',
  flap: 'transport.close: closed with 1006',
  429: 'transport.connect: connection failed: http_429',
  '5xx': 'transport.connect: connection failed: http_5xx',
  'rate-limit': 'limits.credits: too_many_requests',
  'half-open': 'heartbeat.interval: no further test request',
  reset: 'transport.close: closed with 1006',
  'close-4000': 'transport.close: closed with 4000 heartbeat close',
  'too-slow': 'transport.close: closed with .*connection_too_slow',
  'reset-ids': 'book.ids: change_id falls',
}

/** Faults that the protocol allows, and the check that reports the exception, if one does. */
const ALLOWED: Readonly<Record<string, string | null>> = {
  // The next snapshot of a grouped channel replaces the lost one: nobody can see it.
  'lost-snapshot': null,
  duplicate: 'book.sequence',
  'refuse-call': 'subscribe.acknowledged',
  'data-before-ack': 'subscribe.order',
  'snapshot-with-prev': 'book.type',
  'first-change-prev-zero': 'book.type',
  'stale-change': 'book.sequence',
  still: null,
  'one-sided': null,
  empty: null,
  halted: null,
  settlement: null,
  expiry: null,
  'delay=200': null,
  'delay-in': null,
  'server-error': 'methods.result',
  'public-disabled': 'methods.result',
  'index-lock': null,
  maintenance: 'transport.close',
  listing: null,
  // Verify never logs in, and its only spot instrument is the one below.
  'bad-credentials': null,
  'token-expiry': null,
  'routed-spot': 'subscribe.acknowledged',
}

/** Faults that act on what comes after the start of a connection. */
const STARTS_LATER = new Set(
  FAULTS.filter(({ lasts }) => lasts === 'event')
    .map(({ name }) => name)
    .concat('stall'),
)

const nameOf = (scenario: string): string => scenario.split(/[=@]/)[0] ?? ''

async function verifyFault(scenario: string) {
  return verifySimulator({
    simulator: { instruments: ['BTC-PERPETUAL', 'ETH-25DEC26', 'BTC_USDC'] },
    instruments: ['BTC-PERPETUAL', 'ETH-25DEC26', 'BTC_USDC'],
    ...(STARTS_LATER.has(nameOf(scenario))
      ? { meanwhile: (simulator) => simulator.faults.set(scenario) }
      : { simulator: { instruments: ['BTC-PERPETUAL', 'ETH-25DEC26', 'BTC_USDC'], scenario } }),
    seconds: 22,
  })
}

describe('a fault of the simulator', () => {
  it.each(Object.entries(CONTRADICTING))(
    '%s is found by verify as %s',
    async (scenario, pattern) => {
      const { contradicted } = await verifyFault(scenario)
      expect(contradicted.join('\n')).toMatch(new RegExp(pattern))
    },
  )

  it.each(Object.entries(ALLOWED))(
    '%s is allowed by the protocol (exception of %s)',
    async (scenario, exceptional) => {
      const result = await verifyFault(scenario)
      expect(result.contradicted).toEqual([])
      if (exceptional !== null) expect(result.exceptional).toContain(exceptional)
    },
  )

  it('is in one of the two lists', () => {
    const listed = [...Object.keys(CONTRADICTING), ...Object.keys(ALLOWED)].map(nameOf)
    expect(new Set(listed)).toEqual(new Set(FAULTS.map(({ name }) => name)))
  })
})

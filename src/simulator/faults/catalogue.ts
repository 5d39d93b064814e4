import { AppError } from '../../errors.ts'

/** Error codes with which one channel fails a whole subscribe call, with their messages. */
export const REFUSALS: Readonly<Record<string, string>> = {
  '11052': 'subscribe_error_unsubscribed',
  '13778': 'raw_subscriptions_not_available_for_unauthorized',
  '11060': 'not_supported_for_coinbase_routed_spot',
  '13020': 'not_found',
  '10020': 'invalid_or_unsupported_instrument',
}

/** Meaning of the value of a scenario. */
type ValueKind =
  /** One in this many frames of a channel, or `once`. */
  | 'every'
  | 'ms'
  | 'signed_ms'
  | 'bytes'
  | 'status'
  | 'side'
  | 'id'
  | 'state'
  | 'code'
  | 'text'
  | 'none'

export interface FaultDefinition {
  readonly name: string
  /** `state` lasts until it is switched off, `event` runs once and ends by itself. */
  readonly lasts: 'state' | 'event'
  readonly value: ValueKind
  /** Default value; empty for none. */
  readonly standard: string
  /** Whether `@INSTRUMENT` is accepted. */
  readonly acceptsInstruments: boolean
  readonly what: string
}

type Row = readonly [name: string, value: ValueKind, standard: string, what: string]

/** Faults of frames: modify sent frames of book channels; the books stay correct. */
const FRAME: readonly Row[] = [
  ['gap', 'every', '10', 'a frame of an incremental or trades channel is skipped'],
  ['lost-snapshot', 'every', '10', 'a frame of a grouped channel is skipped'],
  ['duplicate', 'every', '10', 'a book frame is sent twice'],
  ['reorder', 'every', '10', 'a book frame is sent after the next one of its channel'],
  ['garbage', 'every', '10', 'text that is not a message is sent before a book frame'],
  ['truncated', 'every', '10', 'a book frame is cut in the middle'],
  ['oversize', 'bytes', '1100000', 'every 10th book frame carries an unknown field of this size'],
  ['unsorted', 'every', '10', 'two levels of a book frame are swapped'],
  ['non-finite', 'every', '10', 'an amount of a book frame is 1.0e999, which is read as infinite'],
  ['negative', 'every', '10', 'an amount of a book frame is negative'],
  ['delete-unknown', 'every', '10', 'an incremental frame deletes a price that is not in the book'],
]

/** Faults of subscriptions. */
const SUBSCRIPTION: readonly Row[] = [
  [
    'no-ack',
    'none',
    '',
    'subscribe calls get no answer; with instruments, their channels are omitted from it',
  ],
  [
    'refuse-call',
    'code',
    '11052',
    'a subscribe call with a channel of the instrument fails for all its channels',
  ],
  [
    'routed-spot',
    'none',
    '',
    'spot is routed to Coinbase: its trades channels are not acknowledged, is_cbe_routed is true',
  ],
  [
    'data-before-ack',
    'none',
    '',
    'the first frames are sent before the answer to the subscription',
  ],
  ['snapshot-with-prev', 'none', '', 'the snapshot carries a prev_change_id'],
  ['first-change-prev-zero', 'none', '', 'the book starts with a change that has prev_change_id 0'],
  ['change-before-snapshot', 'none', '', 'a change is sent before the snapshot'],
  ['stale-change', 'none', '', 'after the snapshot comes a change whose id is not higher'],
]

const SUBSCRIPTION_EVENTS: readonly Row[] = [
  ['silent-subscription', 'none', '', 'channels send nothing until they are resubscribed'],
]

/** Faults of the books; the reference book shows them. */
const MARKET: readonly Row[] = [
  ['still', 'none', '', 'the book does not change'],
  ['crossed', 'none', '', 'every other change leaves the best bid above the best ask'],
  ['locked', 'none', '', 'every other change leaves the best bid at the best ask'],
  ['one-sided', 'side', 'ask', 'the book has only this side'],
  ['empty', 'none', '', 'the book has no level'],
  ['halted', 'state', 'halted', 'the instrument is in this state, its book does not change'],
]

const MARKET_EVENTS: readonly Row[] = [
  [
    'settlement',
    'ms',
    '5000',
    'state settlement, all orders removed, a pause, then open with new orders',
  ],
  ['expiry', 'ms', '5000', 'state delivered, the book stays empty, then archivized'],
]

/** Faults of connections or of the whole exchange. */
const EXCHANGE: readonly Row[] = [
  ['delay', 'ms', '200', 'every frame to a client is delayed by this'],
  ['delay-in', 'ms', '200', 'every request is read with this delay'],
  ['skew', 'signed_ms', '5000', "the exchange's clock is ahead of the local clock by this"],
  ['stall', 'none', '', 'sockets stay open, nothing is sent and nothing is answered'],
  ['flap', 'ms', '2000', 'all connections are terminated once per this time'],
  ['429', 'none', '', 'new connections are refused with HTTP 429'],
  ['5xx', 'status', '503', 'new connections are refused with this HTTP status'],
  ['rate-limit', 'none', '', 'every request is answered 10028 and the connection closed'],
  ['server-error', 'none', '', 'every request but public/test is answered 11094'],
  ['bad-credentials', 'none', '', 'every login is refused with 13004'],
  ['public-disabled', 'none', '', 'requests without a login are answered 11056'],
  [
    'index-lock',
    'text',
    '',
    'platform_state locks this index (default: the first), its books do not change',
  ],
]

const EXCHANGE_EVENTS: readonly Row[] = [
  ['half-open', 'none', '', 'the open connections stop reading and writing without a close'],
  ['reset', 'none', '', 'all connections are terminated without a close frame'],
  ['close-4000', 'none', '', 'all connections are closed with 4000 "heartbeat close"'],
  ['too-slow', 'none', '', 'all connections are closed with "connection_too_slow"'],
  ['maintenance', 'ms', '10000', 'notice, 11051, disconnect, 503 for this long, then flapping'],
  ['listing', 'text', '', 'a new instrument is created and opens (default: the next of the list)'],
  ['reset-ids', 'id', '1000', 'change ids continue from this lower one'],
  ['token-expiry', 'none', '', 'every token and named session becomes invalid'],
]

function define(
  rows: readonly Row[],
  lasts: 'state' | 'event',
  acceptsInstruments: boolean,
): FaultDefinition[] {
  return rows.map(([name, value, standard, what]) => {
    return { name, lasts, value, standard, acceptsInstruments, what }
  })
}

/** Every scenario; docs/simulator.md has the same table. */
export const FAULTS: readonly FaultDefinition[] = [
  ...define(FRAME, 'state', true),
  ...define(SUBSCRIPTION, 'state', true),
  ...define(SUBSCRIPTION_EVENTS, 'event', true),
  ...define(MARKET, 'state', true),
  ...define(MARKET_EVENTS, 'event', true),
  ...define(EXCHANGE, 'state', false),
  ...define(EXCHANGE_EVENTS, 'event', false),
]

export const FRAME_FAULTS: ReadonlySet<string> = new Set(FRAME.map(([name]) => name))

const byName = new Map(FAULTS.map((definition) => [definition.name, definition]))

export function findFault(name: string): FaultDefinition | null {
  return byName.get(name) ?? null
}

/** An active fault. */
export interface Fault {
  readonly name: string
  /** Value as given, or the default of the scenario; empty if it has none. */
  readonly value: string
  /** null = all. */
  readonly instruments: readonly string[] | null
}

/** Fault as requested: the value and the instruments are optional. */
export interface FaultRequest {
  readonly name: string
  readonly value?: string | number | null
  readonly instruments?: readonly string[] | null
}

const STATES = ['locked', 'inactive', 'halted']

const VALUES: Readonly<Record<ValueKind, { isGood: (value: string) => boolean; allowed: string }>> =
  {
    every: {
      isGood: (value) => value === 'once' || isWhole(value, 1, 1_000_000),
      allowed: 'once or a whole number from 1 to 1000000',
    },
    ms: { isGood: (value) => isWhole(value, 0, 3_600_000), allowed: '0 to 3600000 (ms)' },
    signed_ms: {
      isGood: (value) => isWhole(value, -3_600_000, 3_600_000),
      allowed: '-3600000 to 3600000 (ms)',
    },
    bytes: { isGood: (value) => isWhole(value, 1, 32 << 20), allowed: '1 to 33554432 (bytes)' },
    status: { isGood: (value) => isWhole(value, 500, 599), allowed: '500 to 599' },
    side: { isGood: (value) => value === 'bid' || value === 'ask', allowed: 'bid or ask' },
    id: {
      isGood: (value) => isWhole(value, 1, Number.MAX_SAFE_INTEGER),
      allowed: 'a whole number from 1',
    },
    state: { isGood: (value) => STATES.includes(value), allowed: STATES.join(', ') },
    code: {
      isGood: (value) => Object.hasOwn(REFUSALS, value),
      allowed: Object.keys(REFUSALS).join(', '),
    },
    text: { isGood: (value) => /^[\w-]{0,64}$/.test(value), allowed: 'a name' },
    none: { isGood: (value) => value === '', allowed: 'no value' },
  }

/**
 * Parses a comma-separated list of `name[=value][@INSTRUMENT+INSTRUMENT]`.
 * @throws AppError `ERR_USAGE` with every problem
 */
export function parseScenario(text: string): Fault[] {
  const requests = text
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text): FaultRequest => {
      const [head = '', names] = text.split('@')
      const [name = '', ...value] = head.split('=')
      return {
        name,
        value: value.length === 0 ? null : value.join('='),
        instruments: names === undefined ? null : names.split('+'),
      }
    })
  return checkFaults(requests)
}

/**
 * @throws AppError `ERR_USAGE` with every problem: the scenario, its value and the expected value
 */
export function checkFaults(requests: readonly FaultRequest[]): Fault[] {
  const problems: string[] = []
  const faults = requests.flatMap(({ name, value, instruments }) => {
    const definition = findFault(name)
    if (definition === null) {
      problems.push(`scenario ${name}: expected ${FAULTS.map((fault) => fault.name).join(', ')}`)
      return []
    }
    const text = value === undefined || value === null ? definition.standard : String(value)
    const { isGood, allowed } = VALUES[definition.value]
    if (!isGood(text)) problems.push(`scenario ${name}=${text}: expected ${allowed}`)
    if (instruments !== undefined && instruments !== null && !definition.acceptsInstruments) {
      problems.push(`scenario ${name}@${instruments.join('+')}: does not accept instruments`)
    }
    return [{ name, value: text, instruments: instruments ?? null }]
  })
  if (problems.length > 0) {
    throw new AppError('ERR_USAGE', problems[0] ?? '', { context: { problems } })
  }
  return faults
}

function isWhole(text: string, min: number, max: number): boolean {
  const value = Number(text)
  return text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max
}

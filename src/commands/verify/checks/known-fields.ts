import type { Findings } from '../findings.ts'
import type { CheckId } from './catalogue.ts'

const of = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Fields of the exchange's objects, by kind. */
export const FIELDS = {
  envelope: of('jsonrpc id method params result error usIn usOut usDiff testnet'),
  params: of('channel data type label'),
  error: of('code message data'),
  errorData: of('reason param'),
  incremental: of('type timestamp instrument_name change_id prev_change_id bids asks'),
  grouped: of('timestamp instrument_name change_id bids asks'),
  quote: of(
    'instrument_name timestamp best_bid_price best_bid_amount best_ask_price best_ask_amount',
  ),
  ticker: of(`
    instrument_name timestamp state stats open_interest best_bid_price best_bid_amount
    best_ask_price best_ask_amount index_price min_price max_price mark_price last_price
    settlement_price estimated_delivery_price current_funding funding_8h interest_value mark_iv
    bid_iv ask_iv underlying_price underlying_index interest_rate greeks delivery_price
    implied_bid implied_ask combo_state`),
  stats: of('volume volume_usd volume_notional price_change low high'),
  greeks: of('delta gamma rho theta vega'),
  trade: of(`
    trade_id trade_seq instrument_name timestamp direction tick_direction price amount mark_price
    index_price contracts iv block_trade_id block_trade_leg_count block_rfq_id combo_id
    combo_trade_id starbase_match_id starbase_timestamp liquidation`),
  priceIndex: of('index_name price timestamp'),
  instrumentState: of('instrument_name state timestamp'),
  platformState: of('price_index locked maintenance reasons'),
  publicMethods: of('allow_unauthenticated_public_requests'),
  instrument: of(`
    instrument_name instrument_id kind instrument_type state is_active base_currency
    quote_currency counter_currency settlement_currency settlement_period price_index tick_size
    tick_size_steps contract_size min_trade_amount creation_timestamp expiration_timestamp
    maker_commission taker_commission max_leverage max_liquidation_commission
    block_trade_commission block_trade_min_trade_amount block_trade_tick_size option_type strike
    underlying_type future_type is_cbe_routed is_csr rfq`),
} as const

/** Fields without which the service cannot use the object. */
export const REQUIRED = {
  incremental: of('timestamp instrument_name change_id bids asks'),
  grouped: of('timestamp instrument_name change_id bids asks'),
  quote: FIELDS.quote,
  trade: of('trade_id trade_seq instrument_name timestamp direction price amount'),
  priceIndex: FIELDS.priceIndex,
  instrument: of('instrument_name kind base_currency quote_currency tick_size state'),
} as const

/** Fields of this project's own simulator, which tests that readers ignore what they do not know. */
const OF_SIMULATOR = /^sim_/

export interface FieldProblems {
  readonly unknown: readonly string[]
  readonly missing: readonly string[]
  /** Fields of the simulator. */
  readonly simulated: readonly string[]
}

export function compareFields(
  object: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  required?: ReadonlySet<string>,
): FieldProblems {
  const others = Object.keys(object).filter((name) => !known.has(name))
  return {
    unknown: others.filter((name) => !OF_SIMULATOR.test(name)),
    missing: [...(required ?? [])].filter((name) => object[name] === undefined),
    simulated: others.filter((name) => OF_SIMULATOR.test(name)),
  }
}

/** Instrument states since 2026-01-13. */
export const STATES: ReadonlySet<unknown> = of(
  'open locked settlement delivered inactive halted archivized',
)
/** Instrument states before. */
export const OLD_STATES: ReadonlySet<unknown> = of(
  'open created started settled closed deactivated terminated',
)

/** Error codes and their messages. */
export const ERRORS: ReadonlyMap<number, string> = new Map([
  [-32_700, 'Parse error'],
  [-32_600, 'request entity too large'],
  [-32_601, 'Method not found'],
  [-32_602, 'Invalid params'],
  [-32_000, 'Missing params'],
  [10_000, 'authorization_required'],
  [10_001, 'error'],
  [10_012, 'book_closed'],
  [10_020, 'invalid_or_unsupported_instrument'],
  [10_028, 'too_many_requests'],
  [10_030, 'must_be_websocket_request'],
  [10_033, 'not_implemented'],
  [10_040, 'retry'],
  [10_041, 'settlement_in_progress'],
  [10_047, 'matching_engine_queue_full'],
  [10_048, 'not_on_this_server'],
  [10_066, 'too_many_concurrent_requests'],
  [11_029, 'invalid_arguments'],
  [11_042, 'permission_denied'],
  [11_043, 'bad_argument'],
  [11_049, 'bad_arguments'],
  [11_050, 'bad_request'],
  [11_051, 'system_maintenance'],
  [11_052, 'subscribe_error_unsubscribed'],
  [11_056, 'unauthenticated_public_requests_temporarily_disabled'],
  [11_094, 'internal_server_error'],
  [11_098, 'account_locked'],
  [12_003, 'login_over_limit'],
  [13_004, 'invalid_credentials'],
  [13_009, 'unauthorized'],
  [13_019, 'orderbook_closed'],
  [13_020, 'not_found'],
  [13_021, 'forbidden'],
  [13_025, 'method_switched_off_by_admin'],
  [13_028, 'temporarily_unavailable'],
  [13_503, 'unavailable'],
  [13_778, 'raw_subscriptions_not_available_for_unauthorized'],
  [13_888, 'timed_out'],
])

/** A name of the exchange is shown up to this length. */
const MAX_NAME = 64

/** Reports fields that are unknown or missing. */
export function checkFields(
  findings: Findings,
  id: CheckId,
  { unknown, missing, simulated }: FieldProblems,
): void {
  const problems = [
    ...unknown.map((name) => `unknown field ${name.slice(0, MAX_NAME)}`),
    ...missing.map((name) => `missing field ${name}`),
  ]
  findings.check(id, problems.length === 0, problems[0] ?? '')
  for (const problem of problems.slice(1)) findings.contradict(id, problem)
  if (simulated.length > 0) findings.except(id, `field of the simulator: ${simulated.join(', ')}`)
}

/** Whether a value is a non-negative integer that a double holds exactly. */
export function isSafeCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

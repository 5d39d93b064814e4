import type { Findings } from '../findings.ts'
import { type Frame, isJsonObject, type JsonObject, type SentRequest } from '../frame.ts'
import type { InstrumentChecks } from './instruments.ts'
import { checkFields, compareFields, ERRORS, FIELDS } from './known-fields.ts'
import type { MarketDataChecks } from './market-data.ts'
import type { SubscriptionChecks } from './subscriptions.ts'
import type { TimingChecks } from './timing.ts'

const ANSWER_WITHIN_MS = 10_000
/** Errors that come without an id: the exchange could not read the request, or there was none. */
const WITHOUT_ID = new Set([-32_700, -32_600, 10_028, 11_050, 11_051])
const PROMPT_MS = 3000
/** Errors that say nothing about the request: the exchange is busy, in maintenance or closed to guests. */
const TEMPORARY = new Set([
  10_001, 10_028, 10_040, 10_041, 10_047, 10_066, 11_051, 11_056, 11_094, 13_025, 13_028, 13_503,
  13_888,
])
const MAX_PENDING = 10_000
const TOO_MANY_REQUESTS = 10_028

export interface RequestCheckDeps {
  findings: Findings
  subscriptions: SubscriptionChecks
  instruments: InstrumentChecks
  marketData: MarketDataChecks
  timing: TimingChecks
}

/** Matches answers with requests, and checks both. */
export class RequestChecks {
  readonly #deps: RequestCheckDeps
  readonly #pending = new Map<unknown, SentRequest>()
  #hasRequests = false

  constructor(deps: RequestCheckDeps) {
    this.#deps = deps
  }

  /** A request that the client sent. */
  sent(raw: string, sentMs: number | null): void {
    let request: unknown
    try {
      request = JSON.parse(raw)
    } catch {
      return
    }
    if (!isJsonObject(request) || typeof request['method'] !== 'string') return
    this.#hasRequests = true
    const { method, params, id } = request
    const sent = { method, params: isJsonObject(params) ? params : {}, sentMs }
    this.#deps.subscriptions.requested(sent)
    if (id !== undefined && this.#pending.size < MAX_PENDING) this.#pending.set(id, sent)
  }

  /** An answer of the exchange. */
  answered(message: JsonObject, frame: Frame): void {
    const { findings, timing } = this.#deps
    const { id, result, testnet } = message
    const error = message['error'] ?? undefined
    const isOne = (result === undefined) !== (error === undefined)
    const isTest = testnet === undefined || typeof testnet === 'boolean'
    findings.check('envelope.answer', isOne && isTest, () =>
      isOne ? 'testnet is not a boolean' : 'neither or both of result and error',
    )
    const request = this.#pending.get(id)
    this.#pending.delete(id)
    this.#checkId(id, request !== undefined, error)
    timing.answered(message, request?.sentMs ?? null, frame.receivedMs)
    if (error !== undefined) this.#checkError(error)
    if (request === undefined) return
    this.#checkAnswered(request, frame.receivedMs)
    if (error !== undefined) this.#failed(request, error, frame)
    else this.#succeeded(request, result, frame)
  }

  /** Ends the connection: checks the requests without an answer. */
  end(nowMs: number | null): void {
    for (const request of this.#pending.values()) {
      const { sentMs } = request
      if (sentMs === null || nowMs === null || nowMs - sentMs <= ANSWER_WITHIN_MS) continue
      this.#checkAnswered(request, nowMs)
    }
    this.#pending.clear()
  }

  #checkAnswered({ method, sentMs }: SentRequest, nowMs: number | null): void {
    const waitedMs = sentMs === null || nowMs === null ? 0 : nowMs - sentMs
    const { findings } = this.#deps
    const isInTime = waitedMs <= ANSWER_WITHIN_MS
    findings.check('envelope.answered', isInTime, `${method} was not answered in 10 s`)
    findings.check('envelope.prompt', waitedMs <= PROMPT_MS, `${method} took more than 3 s`)
  }

  #checkId(id: unknown, isRequested: boolean, error: unknown): void {
    const { findings } = this.#deps
    if (id === undefined || id === null) {
      const code = isJsonObject(error) ? error['code'] : null
      findings.check('envelope.id', WITHOUT_ID.has(code as number), 'an answer without id')
    } else if (this.#hasRequests) {
      findings.check('envelope.id', isRequested, 'an answer to no request')
    }
  }

  #checkError(error: unknown): void {
    const { findings } = this.#deps
    if (!isJsonObject(error)) {
      findings.check('errors.code', false, 'an error is not an object')
      return
    }
    const { code, message, data } = error
    const known = ERRORS.get(code as number)
    findings.check('errors.code', known === message && known !== undefined, () =>
      known === undefined
        ? `unknown code ${JSON.stringify(code)}`
        : `message of ${String(code)} is ${JSON.stringify(message)}`,
    )
    checkFields(findings, 'envelope.fields', compareFields(error, FIELDS.error))
    if (isJsonObject(data)) {
      checkFields(findings, 'envelope.fields', compareFields(data, FIELDS.errorData))
    }
    if (code === TOO_MANY_REQUESTS) findings.check('limits.credits', false, 'too_many_requests')
  }

  #failed(request: SentRequest, error: unknown, frame: Frame): void {
    const { findings, subscriptions, instruments } = this.#deps
    const { method, params } = request
    const code = isJsonObject(error) ? error['code'] : null
    const name = params['instrument_name']
    if (TEMPORARY.has(code as number) && params['expected_result'] !== 'exception') {
      findings.except('methods.result', `${method} was answered with error ${String(code)}`)
    } else if (method === 'public/subscribe') subscriptions.refused(request, code, frame)
    else if (!KNOWN_METHODS.has(method)) {
      findings.check('methods.unknown', code === -32_601, () => `${method}: ${String(code)}`)
    } else if (method === 'public/get_instrument' && code === -32_602) {
      findings.check('methods.unknown', reasonOf(error) === 'instrument not found', () => {
        return `get_instrument: reason ${JSON.stringify(reasonOf(error))}`
      })
      if (typeof name === 'string') instruments.addUnknown(name)
    } else if (method === 'public/set_heartbeat' && Number(params['interval']) < 10) {
      findings.check('methods.unknown', code === -32_602, () => `set_heartbeat: ${String(code)}`)
    } else if (params['expected_result'] !== 'exception') {
      findings.except('methods.result', `${method} was answered with error ${String(code)}`)
    }
  }

  #succeeded(request: SentRequest, result: unknown, frame: Frame): void {
    const { findings, subscriptions, timing } = this.#deps
    const { method, params } = request
    findings.check('limits.credits', true, '')
    if (!KNOWN_METHODS.has(method)) {
      findings.check('methods.unknown', false, `${method} was answered with a result`)
      return
    }
    if (params['expected_result'] === 'exception') {
      findings.check('methods.unknown', false, 'public/test with an exception has a result')
      return
    }
    if (method === 'public/subscribe' || method === 'private/subscribe') {
      subscriptions.acknowledged(request, result, frame)
    } else if (method === 'public/unsubscribe') subscriptions.unsubscribed(request, result)
    else if (method === 'public/auth') subscriptions.loggedIn()
    else if (method === 'public/set_heartbeat') {
      const interval = Number(params['interval'])
      if (interval < 10) findings.check('methods.unknown', false, 'an interval below 10 s was set')
      else timing.heartbeatSet(interval, frame.receivedMs)
    }
    this.#checkResult(method, result)
  }

  #checkResult(method: string, result: unknown): void {
    const { findings, instruments, marketData } = this.#deps
    const isExpectedShape = SHAPES[method]?.(result) ?? true
    findings.check(
      'methods.result',
      isExpectedShape,
      () => `${method}: ${JSON.stringify(result)?.slice(0, 80)}`,
    )
    if (!isExpectedShape) return
    if (method === 'public/get_instrument') instruments.add(result)
    if (method === 'public/get_instruments') for (const each of result as []) instruments.add(each)
    if (method === 'public/ticker' || method === 'public/get_order_book') {
      marketData.tickerFields('methods.result', result as JsonObject, ['change_id', 'bids', 'asks'])
    }
  }
}

function reasonOf(error: unknown): unknown {
  const data = isJsonObject(error) ? error['data'] : null
  return isJsonObject(data) ? data['reason'] : null
}

const isVersion = (result: unknown): boolean =>
  isJsonObject(result) && typeof result['version'] === 'string'
const isOk = (result: unknown): boolean => result === 'ok'
const isTextList = (result: unknown): boolean =>
  Array.isArray(result) && result.every((item) => typeof item === 'string')

/** Forms of the results. */
const SHAPES: Readonly<Record<string, (result: unknown) => boolean>> = {
  'public/hello': isVersion,
  'public/test': isVersion,
  'public/get_time': (result) => Number.isSafeInteger(result),
  'public/status': (result) =>
    isJsonObject(result) && ['true', 'partial', 'false'].includes(result['locked'] as string),
  'public/set_heartbeat': isOk,
  'public/disable_heartbeat': isOk,
  'public/subscribe': isTextList,
  'public/unsubscribe': isTextList,
  'public/unsubscribe_all': isOk,
  'public/get_instrument': isJsonObject,
  'public/get_instruments': (result) => Array.isArray(result),
  'public/ticker': isJsonObject,
  'public/get_order_book': (result) =>
    isJsonObject(result) && Array.isArray(result['bids']) && Array.isArray(result['asks']),
}
const KNOWN_METHODS = new Set([
  ...Object.keys(SHAPES),
  'public/auth',
  'private/subscribe',
  'private/unsubscribe',
  'public/get_last_trades_by_instrument',
])

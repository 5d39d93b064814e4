import { parseMessage } from '../../deribit/protocol/parse-message.ts'
import type { RecordedLine } from '../../recording/recorded-line.ts'
import { BookChecks } from './checks/books.ts'
import { type CheckResult, Findings } from './findings.ts'
import { factsOf, type Frame, isJsonObject, type JsonObject, type Notification } from './frame.ts'
import { InstrumentChecks } from './checks/instruments.ts'
import { compareFields, FIELDS } from './checks/known-fields.ts'
import { MarketDataChecks } from './checks/market-data.ts'
import { RequestChecks } from './checks/requests.ts'
import { SubscriptionChecks } from './checks/subscriptions.ts'
import { TimingChecks } from './checks/timing.ts'
import { checkFields } from './checks/known-fields.ts'

/**
 * Changes and grouped snapshots are always smaller than this; snapshots of full books need not be.
 */
const LARGE_FRAME_BYTES = 1_000_000
const MAINTENANCE = 11_051
/** Value of `#notice` on a connection that opened after maintenance. */
const AFTER_MAINTENANCE = 'maintenance that is over'
/** A connection that lasts this long after maintenance is stable. */
const STABLE_AFTER_MS = 10_000
const TOO_MANY_REQUESTS = 10_028

/** Contents of a recording, independent of the checks. */
export interface VerifySummary {
  readonly frames: number
  readonly connections: number
  /** Time from the first to the last frame, s; null without times. */
  readonly seconds: number | null
  readonly framesPerSecond: number | null
  readonly largestFrameBytes: number
  /** Notifications by family of channel, and other frames by kind. */
  readonly kinds: Readonly<Record<string, number>>
  /** Exchange time minus the recorder's time, ms, and its uncertainty. */
  readonly clockOffsetMs: number | null
  readonly clockUncertaintyMs: number | null
}

/** Checks a recording, or frames as they arrive, against the protocol of the exchange. */
export class Verifier {
  readonly #findings = new Findings()
  readonly #instruments = new InstrumentChecks(this.#findings)
  readonly #marketData = new MarketDataChecks(this.#findings)
  readonly #timing = new TimingChecks(this.#findings)
  readonly #subscriptions: SubscriptionChecks
  readonly #books: BookChecks
  readonly #requests: RequestChecks
  readonly #kinds = new Map<string, number>()
  #frames = 0
  #connections = 0
  #largestFrameBytes = 0
  #firstMs: number | null = null
  #lastMs: number | null = null
  /** Why the exchange may close the connection; null if it gave no reason. */
  #notice: string | null = null
  /** When the current connection opened, ms; null without times. */
  #openedMs: number | null = null

  constructor() {
    const findings = this.#findings
    this.#subscriptions = new SubscriptionChecks({
      findings,
      instruments: this.#instruments,
      onRestart: (channel) => {
        this.#books.forget(channel)
        this.#marketData.forget(channel)
      },
    })
    this.#books = new BookChecks({
      findings,
      isSubscriptionKnown: (channel) => this.#subscriptions.isRequested(channel),
      checkLevel: (...level) => this.#instruments.checkLevel(...level),
    })
    this.#requests = new RequestChecks({
      findings,
      subscriptions: this.#subscriptions,
      instruments: this.#instruments,
      marketData: this.#marketData,
      timing: this.#timing,
    })
  }

  /** @param line number of the line or frame, from 1 */
  add({ direction, raw, receivedUs }: RecordedLine, line: number): void {
    const receivedMs = receivedUs === null ? null : receivedUs / 1000
    this.#firstMs ??= receivedMs
    this.#lastMs = receivedMs ?? this.#lastMs
    this.#findings.at(line, raw)
    if (direction === 'out') this.#requests.sent(raw, receivedMs)
    else if (direction === 'event') this.#event(raw, receivedMs)
    else this.#frame(raw, receivedMs)
  }

  /** Ends the recording. @param nowMs default: time of the last line */
  end(nowMs: number | null = this.#lastMs): CheckResult[] {
    this.#endConnection(nowMs)
    return this.#findings.results()
  }

  summary(): VerifySummary {
    const seconds =
      this.#firstMs === null || this.#lastMs === null ? null : (this.#lastMs - this.#firstMs) / 1000
    const { offsetMs = null, uncertaintyMs = null } = this.#timing.estimate ?? {}
    return {
      frames: this.#frames,
      connections: this.#connections,
      seconds,
      framesPerSecond: seconds === null || seconds === 0 ? null : this.#frames / seconds,
      largestFrameBytes: this.#largestFrameBytes,
      kinds: Object.fromEntries(this.#kinds),
      clockOffsetMs: offsetMs,
      clockUncertaintyMs: uncertaintyMs,
    }
  }

  #event(raw: string, nowMs: number | null): void {
    const findings = this.#findings
    const event: unknown = JSON.parse(raw)
    if (!isJsonObject(event)) return
    if (event['event'] === 'open') {
      this.#connections += 1
      findings.check('transport.connect', true, '')
      this.#endConnection(nowMs)
      this.#notice = this.#notice === 'maintenance' ? AFTER_MAINTENANCE : null
      this.#openedMs = nowMs
    } else if (event['event'] === 'connect_failed') {
      const detail = `connection failed: ${String(event['result'])}`
      if (this.#notice === 'maintenance' || this.#isSettling(nowMs))
        findings.except('transport.connect', detail)
      else findings.check('transport.connect', false, detail)
    } else if (event['event'] === 'close') {
      const detail = `closed with ${String(event['code'])} ${String(event['reason'])}`.trim()
      if (this.#isSettling(nowMs)) {
        findings.except('transport.close', `${detail} soon after maintenance`)
        // The next connection may be short too.
        this.#notice = 'maintenance'
      } else if (this.#notice === null || this.#notice === AFTER_MAINTENANCE) {
        findings.check('transport.close', false, detail)
      } else findings.except('transport.close', `${detail} after notice of ${this.#notice}`)
      this.#endConnection(nowMs)
    }
  }

  /** After maintenance, connections may come up and drop several times before one is stable. */
  #isSettling(nowMs: number | null): boolean {
    if (this.#notice !== AFTER_MAINTENANCE) return false
    return nowMs === null || this.#openedMs === null || nowMs - this.#openedMs < STABLE_AFTER_MS
  }

  #endConnection(nowMs: number | null): void {
    this.#requests.end(nowMs)
    this.#subscriptions.end(nowMs)
    if (nowMs !== null) this.#marketData.end(nowMs)
    this.#timing.end(nowMs)
    this.#subscriptions.reset()
    this.#marketData.reset()
    this.#books.reset()
    this.#timing.reset()
  }

  #frame(raw: string, receivedMs: number | null): void {
    const findings = this.#findings
    const bytes = Buffer.from(raw)
    this.#frames += 1
    this.#largestFrameBytes = Math.max(this.#largestFrameBytes, bytes.length)
    this.#timing.arrived(receivedMs)
    const parsed = parseMessage(bytes)
    findings.check('parser.accepts', parsed.type !== 'invalid', () =>
      parsed.type === 'invalid' ? `rejected as ${parsed.reason}` : '',
    )
    const message = parseJson(raw)
    findings.check('envelope.json', message !== null, 'not a JSON object')
    if (message === null) {
      this.#count('unreadable')
      return
    }
    checkFields(findings, 'envelope.fields', compareFields(message, FIELDS.envelope))
    const { method } = message
    const isKnown = method === undefined || method === 'subscription' || method === 'heartbeat'
    const isVersion = message['jsonrpc'] === '2.0'
    findings.check('envelope.method', isKnown && isVersion, () =>
      isVersion ? `method ${JSON.stringify(method).slice(0, 80)}` : 'jsonrpc is not "2.0"',
    )
    const frame = { raw, receivedMs, eraMs: eraOf(message, receivedMs) }
    if (method === 'subscription') this.#notification(message['params'], frame, bytes.length)
    else if (method === 'heartbeat') this.#heartbeat(message['params'], receivedMs)
    else if (method === undefined) this.#answer(message, frame)
    else this.#count('unknown method')
  }

  #answer(message: JsonObject, frame: Frame): void {
    this.#count('answer')
    const { error } = message
    const code = isJsonObject(error) ? error['code'] : null
    if (code === MAINTENANCE) this.#notice = 'maintenance'
    if (code === TOO_MANY_REQUESTS) this.#notice = 'the rate limit'
    this.#requests.answered(message, frame)
  }

  #heartbeat(params: unknown, receivedMs: number | null): void {
    this.#count('heartbeat')
    const type = isJsonObject(params) ? params['type'] : undefined
    const isKnown = type === 'heartbeat' || type === 'test_request'
    this.#findings.check('heartbeat.type', isKnown, () => `type ${JSON.stringify(type)}`)
    if (type === 'test_request') this.#timing.testRequested(receivedMs)
  }

  #notification(params: unknown, frame: Frame, bytes: number): void {
    const findings = this.#findings
    if (!isJsonObject(params) || typeof params['channel'] !== 'string') {
      findings.check('envelope.method', false, 'a subscription without a channel')
      this.#count('unreadable')
      return
    }
    checkFields(findings, 'envelope.fields', compareFields(params, FIELDS.params))
    const notification = { ...frame, channel: params['channel'], data: params['data'] }
    const { family } = factsOf(notification.channel)
    this.#count(family)
    findings.check('channel.name', family !== 'unknown', 'a channel of an unknown family')
    this.#subscriptions.arrived(notification)
    this.#checkTimestamp(notification, family)
    const isBounded = family === 'grouped' || !frame.raw.includes('"snapshot"')
    if (isBounded) {
      findings.check('transport.size', bytes <= LARGE_FRAME_BYTES, 'a frame above 1 MB')
    }
    this.#dispatch(notification, family)
  }

  #dispatch(notification: Notification, family: ReturnType<typeof factsOf>['family']): void {
    switch (family) {
      case 'incremental':
        return this.#books.incremental(notification)
      case 'grouped':
        return this.#books.grouped(notification)
      case 'ticker':
        return this.#marketData.ticker(notification)
      case 'quote':
        return this.#marketData.quote(notification)
      case 'trades':
      case 'trades_of_kind':
        return this.#marketData.trades(notification, family === 'trades')
      case 'price_index':
        return this.#marketData.priceIndex(notification)
      case 'instrument_state':
        return this.#marketData.instrumentState(notification)
      case 'instrument_creation':
        return this.#instruments.add(notification.data)
      case 'platform_state':
        if (isJsonObject(notification.data) && notification.data['maintenance'] === true) {
          this.#notice = 'maintenance'
        }
        return this.#marketData.platformState(notification)
      case 'public_methods':
        return this.#marketData.publicMethods(notification)
      case 'other':
      case 'unknown':
        return
    }
  }

  #checkTimestamp({ data, receivedMs }: Notification, family: string): void {
    if (!isJsonObject(data)) return
    const isChange = family === 'incremental' && data['type'] === 'change'
    this.#timing.checkTimestamp(data['timestamp'], receivedMs, isChange)
  }

  #count(kind: string): void {
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
  }
}

function parseJson(raw: string): JsonObject | null {
  try {
    const message: unknown = JSON.parse(raw)
    return isJsonObject(message) ? message : null
  } catch {
    return null
  }
}

/** Time by which the rules are chosen: receipt, else the frame's own time, else the present. */
function eraOf(message: JsonObject, receivedMs: number | null): number {
  if (receivedMs !== null) return receivedMs
  const { params, usOut } = message
  const data = isJsonObject(params) ? params['data'] : null
  const first: unknown = Array.isArray(data) ? data[0] : data
  const timestamp = isJsonObject(first) ? first['timestamp'] : null
  if (typeof timestamp === 'number') return timestamp
  return typeof usOut === 'number' ? usOut / 1000 : Number.POSITIVE_INFINITY
}

import type { Findings } from '../findings.ts'
import { CHANGES, factsOf, type Frame, type Notification, type SentRequest } from '../frame.ts'
import type { InstrumentChecks } from './instruments.ts'

const FIRST_FRAME_WITHIN_MS = 5000
const RAW_NEEDS_LOGIN = 13_778

interface ChannelState {
  /** Requested on this connection. */
  isRequested: boolean
  isSubscribed: boolean
  /** Answer to the subscription whose first frame has not come; null if none is awaited. */
  awaitedSinceMs: number | null
  isAwaited: boolean
  /** Whether the channel was subscribed before on this connection. */
  wasSubscribed: boolean
  /** Subscribed twice, and no snapshot since. */
  isDoubled: boolean
  /** A frame came before the answer to the subscription. */
  hasEarlyData: boolean
}

export interface SubscriptionCheckDeps {
  findings: Findings
  instruments: InstrumentChecks
  /** A channel starts again: its sequence and its intervals. */
  onRestart(channel: string): void
}

/** Checks subscriptions: their answers, and whether data follows. */
export class SubscriptionChecks {
  readonly #deps: SubscriptionCheckDeps
  readonly #channels = new Map<string, ChannelState>()
  #hasRequests = false
  #isLoggedIn = false

  constructor(deps: SubscriptionCheckDeps) {
    this.#deps = deps
  }

  /** A new connection has no subscriptions. */
  reset(): void {
    this.#channels.clear()
    this.#isLoggedIn = false
  }

  /** Whether the recording has the subscription of the channel. */
  isRequested(channel: string): boolean {
    return this.#channels.get(channel)?.isRequested === true
  }

  loggedIn(): void {
    this.#isLoggedIn = true
  }

  requested({ method, params }: SentRequest): void {
    if (!method.endsWith('/subscribe')) return
    this.#hasRequests = true
    for (const channel of channelsIn(params['channels'])) {
      const state = this.#of(channel)
      state.isRequested = true
      if (state.isSubscribed) state.isDoubled = true
    }
  }

  acknowledged({ params }: SentRequest, result: unknown, frame: Frame): void {
    const { findings } = this.#deps
    const requested = new Set(channelsIn(params['channels']))
    const acknowledged = new Set(channelsIn(result))
    const hasRaw = [...requested].some((channel) => factsOf(channel).isRaw)
    if (hasRaw && !this.#isLoggedIn) {
      const since = frame.eraMs < CHANGES.rawLogin ? 'as before January 2022' : 'an open question'
      findings.except('subscribe.login', `raw channels without a login are accepted, ${since}`)
    }
    for (const channel of acknowledged) {
      findings.check('subscribe.requested', requested.has(channel), 'answer with another channel')
      this.#subscribe(channel, frame)
    }
    for (const channel of requested) this.#checkAnswer(channel, acknowledged.has(channel))
  }

  refused({ params }: SentRequest, code: unknown, { eraMs }: Frame): void {
    const { findings } = this.#deps
    const channels = channelsIn(params['channels'])
    const hasRaw = channels.some((channel) => factsOf(channel).isRaw)
    if (hasRaw && !this.#isLoggedIn && eraMs >= CHANGES.rawLogin) {
      findings.check('subscribe.login', code === RAW_NEEDS_LOGIN, `error ${String(code)}`)
      return
    }
    findings.except('subscribe.acknowledged', `a whole call is refused with ${String(code)}`)
  }

  unsubscribed({ params }: SentRequest, result: unknown): void {
    const removed = new Set(channelsIn(result))
    for (const channel of channelsIn(params['channels'])) {
      const state = this.#of(channel)
      if (!state.isSubscribed) continue
      this.#deps.findings.check(
        'subscribe.acknowledged',
        removed.has(channel),
        'an unsubscribed channel is not in the answer',
      )
      state.isSubscribed = false
      state.isAwaited = false
      state.isDoubled = false
      this.#deps.onRestart(channel)
    }
  }

  arrived({ channel, data, receivedMs }: Notification): void {
    const { findings } = this.#deps
    if (!this.#hasRequests) return
    const state = this.#of(channel)
    findings.check('subscribe.requested', state.isRequested, 'data of another channel')
    if (state.isRequested && !state.isSubscribed && !state.wasSubscribed) {
      findings.except('subscribe.order', 'data before the answer to the subscription')
      state.hasEarlyData = true
    } else findings.check('subscribe.order', true, '')
    if (state.isDoubled && isIncrementalSnapshot(channel, data)) {
      findings.check('subscribe.duplicate', false, 'a second snapshot')
      state.isDoubled = false
    } else if (state.isDoubled) findings.check('subscribe.duplicate', true, '')
    if (!state.isAwaited) return
    this.#checkFirst(state, channel, receivedMs)
    state.isAwaited = false
    if (state.wasSubscribed && isIncremental(channel)) {
      const isSnapshot = isIncrementalSnapshot(channel, data)
      findings.check('subscribe.again', isSnapshot, 'no snapshot after unsubscribe and subscribe')
    }
    state.wasSubscribed = true
  }

  /** Checks the channels whose first frame has not come. */
  end(nowMs: number | null): void {
    for (const [channel, state] of this.#channels) {
      if (state.isAwaited) this.#checkFirst(state, channel, nowMs, true)
    }
  }

  #subscribe(channel: string, frame: Frame): void {
    const state = this.#of(channel)
    if (state.isSubscribed) return
    state.isSubscribed = true
    const { family } = factsOf(channel)
    const sendsAtOnce = ['incremental', 'grouped', 'ticker'].includes(family)
    state.isAwaited = sendsAtOnce && !state.hasEarlyData
    state.awaitedSinceMs = frame.receivedMs
    if (state.wasSubscribed) this.#deps.onRestart(channel)
  }

  #checkAnswer(channel: string, isAcknowledged: boolean): void {
    const { findings, instruments } = this.#deps
    const { family, instrument } = factsOf(channel)
    const isImpossible =
      family === 'unknown' || (instrument !== null && instruments.isUnknown(instrument))
    if (isImpossible) {
      findings.check('subscribe.omitted', !isAcknowledged, 'an unknown channel is acknowledged')
    } else if (isAcknowledged) findings.check('subscribe.acknowledged', true, '')
    else if (family === 'trades' && instruments.isRouted(instrument ?? '')) {
      findings.except('subscribe.acknowledged', 'trades of spot that is routed to Coinbase')
    } else if (instrument !== null && !instruments.isOpen(instrument)) {
      findings.except('subscribe.acknowledged', 'a channel of an instrument not known to be open')
    } else findings.check('subscribe.acknowledged', false, `${family} channel is not acknowledged`)
  }

  #checkFirst(state: ChannelState, channel: string, nowMs: number | null, isMissing = false): void {
    const { awaitedSinceMs } = state
    if (awaitedSinceMs === null || nowMs === null) return
    const isLate = nowMs - awaitedSinceMs > FIRST_FRAME_WITHIN_MS
    // The recording may end shortly after the answer.
    if (isMissing && !isLate) return
    const { family } = factsOf(channel)
    this.#deps.findings.check('subscribe.first', !isLate, `${family} channel is silent`)
  }

  #of(channel: string): ChannelState {
    const known = this.#channels.get(channel)
    if (known !== undefined) return known
    const state = {
      isRequested: false,
      isSubscribed: false,
      awaitedSinceMs: null,
      isAwaited: false,
      wasSubscribed: false,
      isDoubled: false,
      hasEarlyData: false,
    }
    this.#channels.set(channel, state)
    return state
  }
}

function channelsIn(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return (value as readonly unknown[]).filter((item) => typeof item === 'string')
}

function isIncremental(channel: string): boolean {
  return factsOf(channel).family === 'incremental'
}

function isIncrementalSnapshot(channel: string, data: unknown): boolean {
  if (!isIncremental(channel) || typeof data !== 'object' || data === null) return false
  const { type, prev_change_id: prev } = data as Readonly<Record<string, unknown>>
  return type === 'snapshot' || prev === 0 || (type === undefined && prev === undefined)
}

import { messageOf } from '../../errors.ts'
import type { Logger } from '../../model/telemetry.ts'
import type { Clock } from '../../time/clock.ts'
import type { ResponseError } from '../protocol/messages.ts'
import type { RpcSocket } from '../socket/rpc-socket.ts'
import type { SubscriptionSet } from './subscriptions.ts'

/**
 * Errors that are independent of the channels: the exchange is busy, in maintenance or requires a login. After any
 * other error the call is split, because one of its channels made it fail.
 */
const TRANSIENT_CODES = new Set([
  -32700, -32600, 10001, 10028, 10040, 10041, 10047, 10066, 11050, 11051, 11056, 11094, 13009,
  13025, 13028, 13503, 13888,
])

/**
 * - `answered`: with a list, which may omit channels;
 * - `refused`: the call failed because of one of its channels;
 * - `failed`: temporary error;
 * - `unanswered`: no response.
 */
export type SubscribeOutcome =
  | { readonly type: 'answered'; readonly missing: readonly string[] }
  | { readonly type: 'refused'; readonly detail: string }
  | { readonly type: 'failed' | 'unanswered' }

interface SubscribeCallDeps {
  rpcSocket: RpcSocket
  subscriptions: SubscriptionSet
  clock: Clock
  logger: Logger
}

/** Makes one call of `public/subscribe` and records the acknowledged channels. Never rejects. */
export async function callSubscribe(
  channels: readonly string[],
  { rpcSocket, subscriptions, clock, logger }: SubscribeCallDeps,
): Promise<SubscribeOutcome> {
  subscriptions.sent(channels)
  try {
    const { error, result } = await rpcSocket.request('public/subscribe', { channels })
    if (error !== null) {
      if (TRANSIENT_CODES.has(error.code)) return { type: 'failed' }
      return { type: 'refused', detail: describe(error) }
    }
    subscriptions.acknowledge(result, clock.monotonicMs())
    const missing = channels.filter((channel) => !subscriptions.isAcknowledged(channel))
    return { type: 'answered', missing }
  } catch (error) {
    logger.warn({ channels: channels.length, err: messageOf(error) }, 'subscribe call failed')
    return { type: 'unanswered' }
  }
}

function describe({ code, message, detail }: ResponseError): string {
  return [`${code} ${message}`, detail].filter((part) => part !== '').join(': ')
}

/** Maximum number of calls per round; with the pause between rounds it bounds the cost of a refused channel. */
const MAX_CALLS = 32

export interface SubscribeSplitDeps {
  /** Makes one call; null if the connection is lost. */
  call: (channels: readonly string[]) => Promise<SubscribeOutcome | null>
  /** Whether a channel is still wanted and not acknowledged. */
  isMissing: (channel: string) => boolean
  /** Called when the exchange refused a call with this channel alone. */
  onRefused: (channel: string, detail: string) => void
}

/**
 * Isolates refused channels, one of which can make a whole subscribe call fail. A failed call is split in halves
 * until the refused channels are alone, with a limited number of calls per round. Requests the largest group
 * first, so that most channels are accepted after few calls.
 */
export class SubscribeSplit {
  readonly #deps: SubscribeSplitDeps
  #groups: (readonly string[])[] = []
  /** Groups for the next round: unanswered calls are not retried immediately. */
  #later: (readonly string[])[] = []
  readonly #members = new Set<string>()

  constructor(deps: SubscribeSplitDeps) {
    this.#deps = deps
  }

  /** Whether the channel waits in a group and must not be requested with others. */
  has(channel: string): boolean {
    return this.#members.size > 0 && this.#members.has(channel)
  }

  beginRound(): void {
    this.#groups.push(...this.#later)
    this.#later = []
  }

  add(group: readonly string[]): void {
    this.#addTo(this.#groups, group)
  }

  /** Adds a failed call, to split it. Ignores all other outcomes. */
  failed(channels: readonly string[], outcome: SubscribeOutcome): void {
    if (outcome.type === 'refused') this.#refused(channels, outcome.detail)
    // Either the response was lost or a channel is the cause; smaller calls show which.
    else if (outcome.type === 'unanswered') {
      for (const half of halves(channels)) this.#addTo(this.#later, half)
    }
  }

  /** Requests the groups; true if some remain for another round soon. */
  async run(): Promise<boolean> {
    let accepted = 0
    for (let calls = 0; calls < MAX_CALLS; calls += 1) {
      const group = this.#shift()
      if (group === null) return false
      const outcome = await this.#deps.call(group)
      if (outcome === null) return false
      if (outcome.type === 'answered') accepted += 1
      if (outcome.type === 'failed' || outcome.type === 'unanswered') {
        if (outcome.type === 'failed') this.add(group)
        else this.failed(group, outcome)
        return false
      }
      this.failed(group, outcome)
    }
    return this.#groups.length > 0 && accepted > 0
  }

  #refused(channels: readonly string[], detail: string): void {
    const [only, ...others] = channels
    if (only !== undefined && others.length === 0) this.#deps.onRefused(only, detail)
    else for (const half of halves(channels)) this.add(half)
  }

  /** Removes and returns the largest group, without channels acknowledged or dropped meanwhile. */
  #shift(): readonly string[] | null {
    for (;;) {
      const largest = this.#groups.reduce<readonly string[] | null>(
        (best, group) => (best === null || group.length > best.length ? group : best),
        null,
      )
      if (largest === null) return null
      this.#groups.splice(this.#groups.indexOf(largest), 1)
      for (const channel of largest) this.#members.delete(channel)
      const missing = largest.filter((channel) => this.#deps.isMissing(channel))
      if (missing.length > 0) return missing
    }
  }

  #addTo(groups: (readonly string[])[], group: readonly string[]): void {
    if (group.length === 0) return
    for (const channel of group) this.#members.add(channel)
    groups.push(group)
  }
}

/** Splits channels into two halves; a single channel is the first half. */
function halves(channels: readonly string[]): (readonly string[])[] {
  const middle = Math.ceil(channels.length / 2)
  return [channels.slice(0, middle), channels.slice(middle)]
}

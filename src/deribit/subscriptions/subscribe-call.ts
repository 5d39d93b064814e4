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

export interface SubscribeCallDeps {
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
  subscriptions.asked(channels)
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

import { needsLogin } from '../channels/channel-name.ts'
import type { Stream } from '../channels/stream.ts'
import { invalidParams, RpcError } from '../rpc-error.ts'
import type { Session } from '../session.ts'
import type { Venue } from '../venue.ts'
import type { Answer, Call, Params, RequestMethods } from './request.ts'

/**
 * Subscribes what exists and says nothing of what does not; a `raw` channel without a login fails
 * the whole call. A channel that is subscribed already is echoed, and gets no new snapshot.
 */
function subscribe({ session, params, venue }: Call): Answer {
  const channels = channelsParam(params)
  if (!venue.isRawOpen && !session.isLoggedIn && channels.some(needsLogin)) {
    throw new RpcError(13778, 'raw_subscriptions_not_available_for_unauthorized')
  }
  const accepted: string[] = []
  const joining: Stream[] = []
  for (const channel of new Set(channels)) {
    const stream = venue.hub.find(channel)
    if (stream === null || isLeftOut(stream, venue)) continue
    accepted.push(channel)
    if (session.subscriptions.has(channel)) continue
    if (venue.faults.find('data-before-ack', stream.instrument) !== null) session.join(stream)
    else joining.push(stream)
  }
  return {
    result: venue.random.shuffled(accepted),
    after: () => {
      for (const stream of joining) session.join(stream)
    },
  }
}

function isLeftOut(stream: Stream, venue: Venue): boolean {
  const fault = venue.faults.find('no-ack', stream.instrument)
  return fault !== null && fault.instruments !== null
}

/** The answer names only what this call has removed. */
function unsubscribe({ session, params }: Call): Answer {
  const removed = [...new Set(channelsParam(params))].filter((channel) => session.leave(channel))
  return { result: removed }
}

function unsubscribeAll({ session }: Call): Answer {
  session.leaveAll()
  return { result: 'ok' }
}

function channelsParam(params: Params): string[] {
  const { channels } = params
  if (channels === undefined) throw invalidParams('channels', 'value required')
  if (!Array.isArray(channels)) throw invalidParams('channels', 'value must be a list')
  return channels.filter((channel) => typeof channel === 'string')
}

/** Private methods on a socket without a login. */
function requireLogin(session: Session): void {
  if (!session.isLoggedIn) throw new RpcError(13009, 'unauthorized', { reason: 'invalid_token' })
}

function privately(run: (call: Call) => Answer): (call: Call) => Answer {
  return (call) => {
    requireLogin(call.session)
    return run(call)
  }
}

export const subscriptionMethods: RequestMethods = {
  'public/subscribe': { requestClass: 'subscribe', run: subscribe },
  'private/subscribe': { requestClass: 'subscribe', run: privately(subscribe) },
  'public/unsubscribe': { run: unsubscribe },
  'private/unsubscribe': { run: privately(unsubscribe) },
  'public/unsubscribe_all': { run: unsubscribeAll },
  'private/unsubscribe_all': { run: privately(unsubscribeAll) },
}

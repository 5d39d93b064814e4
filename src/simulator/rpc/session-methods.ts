import { needsLogin, parseChannelName } from '../channels/channel-name.ts'
import type { Stream } from '../channels/stream.ts'
import { REFUSALS } from '../faults/catalogue.ts'
import type { Session } from '../server/session.ts'
import {
  type Answer,
  optionalInteger,
  optionalText,
  type RequestContext,
  type RequestMethods,
  type SessionCall,
  textParam,
} from './request.ts'
import { invalidParams, type Params, RpcError } from './envelope.ts'
import type { Accounts, Grant } from './accounts.ts'

/**
 * Subscribes the channels that exist and silently ignores the others. A `raw` channel without a
 * login fails the whole call, as does a channel that a scenario refuses. An already subscribed
 * channel is echoed, but gets no new snapshot.
 */
function subscribe({ session, params, context }: SessionCall): Answer {
  const channels = channelsParam(params)
  if (!context.isRawOpen && !session.isLoggedIn && channels.some(needsLogin)) {
    throw new RpcError(13778, 'raw_subscriptions_not_available_for_unauthorized')
  }
  const streams = [...new Set(channels)].flatMap((channel) => context.hub.find(channel) ?? [])
  for (const stream of streams) refuseCall(stream, context)
  const accepted: string[] = []
  const joining: Stream[] = []
  for (const stream of streams) {
    if (isOmitted(stream, context)) continue
    accepted.push(stream.channel)
    if (session.subscriptions.has(stream.channel)) continue
    if (context.faults.find('data-before-ack', stream.instrument) !== null) session.join(stream)
    else joining.push(stream)
  }
  return {
    result: context.random.shuffled(accepted),
    after: () => {
      for (const stream of joining) session.join(stream)
    },
  }
}

/** Checks the scenario `refuse-call`. @throws RpcError if this channel fails its whole call */
function refuseCall(stream: Stream, context: RequestContext): void {
  const fault = context.faults.find('refuse-call', stream.instrument)
  if (fault !== null) throw new RpcError(Number(fault.value), REFUSALS[fault.value] ?? 'error')
}

/**
 * Whether an existing channel is not acknowledged: because of a scenario, or because its trades
 * are not public.
 */
function isOmitted(stream: Stream, context: RequestContext): boolean {
  const fault = context.faults.find('no-ack', stream.instrument)
  if (fault !== null && fault.instruments !== null) return true
  const market = context.exchange.markets.get(stream.instrument ?? '')
  return market?.isRouted === true && parseChannelName(stream.channel)?.kind === 'trades'
}

/** The answer lists only the channels that this call has removed. */
function unsubscribe({ session, params }: SessionCall): Answer {
  const removed = [...new Set(channelsParam(params))].filter((channel) => session.leave(channel))
  return { result: removed }
}

function unsubscribeAll({ session }: SessionCall): Answer {
  session.leaveAll()
  return { result: 'ok' }
}

function channelsParam(params: Params): string[] {
  const { channels } = params
  if (channels === undefined) throw invalidParams('channels', 'value required')
  if (!Array.isArray(channels)) throw invalidParams('channels', 'value must be a list')
  return channels.filter((channel) => typeof channel === 'string')
}

/** Rejects private methods on a connection without a login. */
function requireLogin(session: Session): void {
  if (!session.isLoggedIn) throw new RpcError(13009, 'unauthorized', { reason: 'invalid_token' })
}

function privately(run: (call: SessionCall) => Answer): (call: SessionCall) => Answer {
  return (call) => {
    requireLogin(call.session)
    return run(call)
  }
}

export const subscriptionMethods: RequestMethods = {
  'public/subscribe': { needsWebSocket: true, requestClass: 'subscribe', run: subscribe },
  'private/subscribe': {
    needsWebSocket: true,
    requestClass: 'subscribe',
    run: privately(subscribe),
  },
  'public/unsubscribe': { needsWebSocket: true, run: unsubscribe },
  'private/unsubscribe': { needsWebSocket: true, run: privately(unsubscribe) },
  'public/unsubscribe_all': { needsWebSocket: true, run: unsubscribeAll },
  'private/unsubscribe_all': { needsWebSocket: true, run: privately(unsubscribeAll) },
}

const VERSION = '1.2.26'
const MIN_HEARTBEAT_SECONDS = 10

export const sessionMethods: RequestMethods = {
  'public/hello': { needsWebSocket: true, run: () => ({ result: { version: VERSION } }) },
  'public/test': {
    run: ({ caller, params }) => {
      caller.onTest()
      if (params['expected_result'] === 'exception') {
        throw new RpcError(11094, 'internal_server_error')
      }
      return { result: { version: VERSION } }
    },
  },
  'public/get_time': { run: ({ context }) => ({ result: context.clock.nowMs() }) },
  'public/status': {
    run: ({ context }) => {
      const locked = [...context.platform.lockedIndices]
      return {
        result:
          locked.length === 0 ? { locked: 'false' } : { locked: 'partial', locked_indices: locked },
      }
    },
  },
  'public/set_heartbeat': {
    needsWebSocket: true,
    run: ({ session, params }) => {
      const interval = optionalInteger(params, 'interval')
      if (interval === undefined) throw invalidParams('interval', 'value required')
      if (interval < MIN_HEARTBEAT_SECONDS) {
        throw invalidParams('interval', `value must be >= ${MIN_HEARTBEAT_SECONDS}`)
      }
      session.setHeartbeat(interval)
      return { result: 'ok' }
    },
  },
  'public/disable_heartbeat': {
    needsWebSocket: true,
    run: ({ session }) => {
      session.disableHeartbeat()
      return { result: 'ok' }
    },
  },
}

const DIGITS = /^\d{1,16}$/

function grantFor(params: Params, accounts: Accounts): Grant {
  const scope = optionalText(params, 'scope') ?? ''
  switch (textParam(params, 'grant_type')) {
    case 'client_credentials':
      return accounts.byCredentials(
        textParam(params, 'client_id'),
        textParam(params, 'client_secret'),
        scope,
      )
    case 'client_signature': {
      const signature = {
        clientId: textParam(params, 'client_id'),
        timestamp: timestampText(params),
        nonce: nonceText(params),
        data: optionalText(params, 'data') ?? '',
        signature: textParam(params, 'signature'),
      }
      return accounts.bySignature(signature, scope)
    }
    case 'refresh_token':
      return accounts.byRefreshToken(textParam(params, 'refresh_token'))
    default:
      throw invalidParams('grant_type', 'invalid value')
  }
}

/** Reads epoch ms, as a number or a string. */
function timestampText({ timestamp }: Params): string {
  if (timestamp === undefined) throw invalidParams('timestamp', 'value required')
  const text = typeof timestamp === 'number' ? String(timestamp) : timestamp
  if (typeof text === 'string' && DIGITS.test(text)) return text
  throw invalidParams('timestamp', 'value must be an integer')
}

/** Any text, or none. */
function nonceText({ nonce = '' }: Params): string {
  if (typeof nonce === 'string') return nonce
  throw invalidParams('nonce', 'invalid format')
}

/** Handles `public/auth`: the connection is logged in afterwards. */
export const authMethods: RequestMethods = {
  'public/auth': {
    run: ({ caller, params, context }) => {
      const grant = grantFor(params, context.accounts)
      caller.logIn(grant)
      return {
        result: {
          access_token: grant.accessToken,
          refresh_token: grant.refreshToken,
          expires_in: grant.expiresInSeconds,
          token_type: 'bearer',
          scope: grant.scope.text,
          state: params['state'],
          sid: grant.scope.sessionName === null ? undefined : grant.accessToken.slice(-12),
          enabled_features: [],
        },
      }
    },
  },
}

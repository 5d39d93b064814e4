import { invalidParams, RpcError } from '../rpc-error.ts'
import { optionalInteger, type RequestMethods } from './request.ts'

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

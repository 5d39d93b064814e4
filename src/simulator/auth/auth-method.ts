import { optionalText, type Params, type RequestMethods, textParam } from '../rpc/request.ts'
import { invalidParams } from '../rpc/rpc-error.ts'
import type { Accounts, Grant } from './accounts.ts'

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

import { textParam, type Params, type RequestMethods } from '../requests/request.ts'
import { invalidParams } from '../rpc-error.ts'
import type { Accounts, Grant } from './accounts.ts'

const NONCE = /^[A-Za-z0-9]{1,64}$/

function grantFor(params: Params, accounts: Accounts): Grant {
  const scope = typeof params['scope'] === 'string' ? params['scope'] : ''
  switch (textParam(params, 'grant_type')) {
    case 'client_credentials':
      return accounts.byCredentials(
        textParam(params, 'client_id'),
        textParam(params, 'client_secret'),
        scope,
      )
    case 'client_signature': {
      const { timestamp, data = '' } = params
      if (typeof timestamp !== 'number') throw invalidParams('timestamp', 'value required')
      const nonce = textParam(params, 'nonce')
      if (!NONCE.test(nonce)) throw invalidParams('nonce', 'invalid format')
      const signature = {
        clientId: textParam(params, 'client_id'),
        timestampMs: timestamp,
        nonce,
        data: typeof data === 'string' ? data : '',
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

/** `public/auth`: the socket counts as logged in afterwards. */
export const authMethods: RequestMethods = {
  'public/auth': {
    run: ({ session, params, venue }) => {
      const grant = grantFor(params, venue.accounts)
      session.logIn(grant)
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

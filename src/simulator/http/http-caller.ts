import type { Accounts, Grant } from '../auth/accounts.ts'
import { type Caller, creditOwnerOf } from '../rpc/caller.ts'

/** Caller of one HTTP request, logged in by its bearer token. */
export class HttpCaller implements Caller {
  readonly isLoggedIn: boolean
  readonly creditOwner: string

  constructor(authorization: string | undefined, address: string, accounts: Accounts) {
    const grant = grantOf(authorization, accounts)
    this.isLoggedIn = grant !== null
    this.creditOwner = creditOwnerOf(grant, address)
  }

  logIn(): void {
    // The client sends the token of the answer from now on; no state is kept.
  }

  onTest(): void {
    // Only WebSocket connections have a heartbeat.
  }
}

/** Schemes other than a bearer token are for private methods, which are not served over HTTP. */
function grantOf(authorization: string | undefined, accounts: Accounts): Grant | null {
  const [scheme = '', token = ''] = (authorization ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' ? accounts.byAccessToken(token) : null
}

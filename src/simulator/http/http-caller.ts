import type { Accounts, Grant } from '../auth/accounts.ts'
import { type Caller, creditOwnerOf } from '../rpc/caller.ts'

/** One HTTP request as the exchange knows it: logged in by the token that it carries. */
export class HttpCaller implements Caller {
  readonly isLoggedIn: boolean
  readonly creditOwner: string

  constructor(authorization: string | undefined, address: string, accounts: Accounts) {
    const grant = grantOf(authorization, accounts)
    this.isLoggedIn = grant !== null
    this.creditOwner = creditOwnerOf(grant, address)
  }

  logIn(): void {
    // The token of the answer is what the client sends from now on; there is nothing to remember.
  }

  onTest(): void {
    // Only a connection has a heartbeat.
  }
}

/** Other schemes than a bearer token are for private methods, of which none is served over HTTP. */
function grantOf(authorization: string | undefined, accounts: Accounts): Grant | null {
  const [scheme = '', token = ''] = (authorization ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' ? accounts.byAccessToken(token) : null
}

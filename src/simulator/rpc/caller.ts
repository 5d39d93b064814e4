import type { Grant } from '../auth/accounts.ts'

/** Who sends a request: a connection, or one HTTP request. */
export interface Caller {
  readonly isLoggedIn: boolean
  /** Whose credits a request costs. */
  readonly creditOwner: string
  logIn(grant: Grant): void
  /** It sent `public/test`. */
  onTest(): void
}

/** Owner of the credits of a login, or of an address without one. */
export function creditOwnerOf(grant: Grant | null, address: string): string {
  return grant === null ? `address ${address}` : `account ${grant.clientId}`
}

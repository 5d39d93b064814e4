import type { Grant } from '../auth/accounts.ts'

/** Sender of a request: a connection, or one HTTP request. */
export interface Caller {
  readonly isLoggedIn: boolean
  /** Owner of the credits that a request costs. */
  readonly creditOwner: string
  logIn(grant: Grant): void
  /** Called when it sent `public/test`. */
  onTest(): void
}

/** Returns the owner of the credits: the account of a login, else the address. */
export function creditOwnerOf(grant: Grant | null, address: string): string {
  return grant === null ? `address ${address}` : `account ${grant.clientId}`
}

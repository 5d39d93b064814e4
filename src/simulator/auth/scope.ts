/** What a login asked for. */
export interface Scope {
  readonly text: string
  /** `session:name`; null for a token that dies with the connection. */
  readonly sessionName: string | null
  /** `expires:N`; null where not asked for. */
  readonly expiresSeconds: number | null
}

/** Reads a space-separated scope; words that are not known are granted as they are. */
export function parseScope(text: string): Scope {
  const scopes = text.split(' ').filter((scope) => scope !== '')
  const valueOf = (name: string): string | null =>
    scopes.find((scope) => scope.startsWith(`${name}:`))?.slice(name.length + 1) ?? null
  const expires = valueOf('expires')
  const seconds = Number(expires)
  const granted = scopes.includes('connection') || valueOf('session') !== null
  return {
    text: [...(granted ? [] : ['connection']), 'mainaccount', ...scopes].join(' '),
    sessionName: valueOf('session'),
    expiresSeconds: expires !== null && Number.isInteger(seconds) && seconds > 0 ? seconds : null,
  }
}

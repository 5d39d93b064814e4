/** Placeholder in the committed files: a reserved address, so that links never lead to a wrong host. */
export const PLACEHOLDER = 'https://example.invalid/orderbook-exporter/docs/runbooks'

const FOLDER = 'blob/main/docs/runbooks'

/**
 * Returns the base URL of docs/runbooks/.
 * @param variable `RUNBOOK_BASE_URL` at generation; takes precedence
 * @param repository the field of package.json; used if it has an https address
 * @throws Error where the variable is not an http(s) address
 */
export function runbookBaseUrl(variable: string | undefined, repository: unknown): string {
  if (variable !== undefined && variable !== '') {
    if (!/^https?:\/\/[^\s/]+/.test(variable)) {
      throw new Error(`RUNBOOK_BASE_URL=${JSON.stringify(variable)}: expected an http(s) address`)
    }
    return variable.replace(/\/+$/, '')
  }
  const url =
    typeof repository === 'object' && repository !== null && 'url' in repository
      ? repository.url
      : repository
  const [, address] = /^(?:git\+)?(https:\/\/.+?)(?:\.git)?$/.exec(String(url)) ?? []
  return address === undefined ? PLACEHOLDER : `${address}/${FOLDER}`
}

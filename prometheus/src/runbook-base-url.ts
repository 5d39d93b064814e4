/** Stands in the committed files: nobody's address, so that a link leads nowhere rather than astray. */
export const PLACEHOLDER = 'https://example.invalid/orderbook-exporter/docs/runbooks'

const FOLDER = 'blob/main/docs/runbooks'

/**
 * Where docs/runbooks/ can be read by whoever is woken.
 * @param variable `RUNBOOK_BASE_URL` of the generation; wins where it is set
 * @param repository the field of package.json; where it has an https address, the folder there
 * @throws Error where the variable is no http(s) address
 */
export function runbookBaseUrl(variable: string | undefined, repository: unknown): string {
  if (variable !== undefined && variable !== '') {
    if (!/^https?:\/\/[^\s/]+/.test(variable)) {
      throw new Error(`RUNBOOK_BASE_URL=${JSON.stringify(variable)}: allowed is an http(s) address`)
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

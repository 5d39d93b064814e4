/** Where `docker compose up` and `npm run stack` serve the runbooks. */
export const DEFAULT_RUNBOOK_BASE_URL = 'http://127.0.0.1:9464/runbooks'

/** The job of the shipped prometheus.yml, in the tests of the rules too. */
export const DEFAULT_JOB = 'orderbook'

/**
 * Returns a base URL without a slash at its end.
 * @param name of the environment variable, for the error
 * @throws Error where the variable is not an http(s) address
 */
export function baseUrl(name: string, variable: string | undefined, fallback: string): string {
  if (variable === undefined || variable === '') return fallback
  if (!/^https?:\/\/[^\s/]+\S*$/.test(variable)) {
    throw new Error(`${name}=${JSON.stringify(variable)}: expected an http(s) address`)
  }
  return variable.replace(/\/+$/, '')
}

/** @throws Error where the name cannot be written in a selector as it is */
export function jobName(name: string, variable: string | undefined, fallback: string): string {
  if (variable === undefined || variable === '') return fallback
  if (!/^[^\s"'\\{}]+$/.test(variable)) {
    throw new Error(`${name}=${JSON.stringify(variable)}: expected the name of a job`)
  }
  return variable
}

/**
 * Parses a list of instrument names.
 * @throws Error where one of them is not a name: selectors such as `option:BTC` are not allowed
 */
export function instrumentNames(variable: string | undefined): readonly string[] {
  const names = (variable ?? '').split(',').map((name) => name.trim())
  const written = names.filter((name) => name !== '')
  const wrong = written.find((name) => !/^[A-Z0-9_-]+$/.test(name))
  if (wrong !== undefined) {
    throw new Error(`INSTRUMENTS_TIER1 has ${JSON.stringify(wrong)}: expected instrument names`)
  }
  return written
}

import type { FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Ignores query parameters instead of refusing unknown ones. Probes and scrapers add their own
     * parameters; a refusal would restart a healthy process or lose its metrics.
     */
    ignoresQuery?: boolean
  }
}

const MAX_NAMED = 5
const MAX_NAME_LENGTH = 64

/**
 * Refuses requests with unknown or repeated query parameters. If a misspelt `allowStale` were ignored, the
 * response would silently differ from what the client requested.
 */
export function checkQueries(app: TypedApp): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const { url, config } = request.routeOptions
    // A request without a route has no known parameters.
    done(url === undefined || config.ignoresQuery === true ? undefined : findFault(request))
  })
}

function findFault(request: FastifyRequest): ProblemError | undefined {
  const given = Object.entries(request.query as Readonly<Record<string, unknown>>)
  if (given.length === 0) return undefined
  const known = knownParameters(request.routeOptions.schema?.querystring)
  const unknown = given.map(([name]) => name).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const allowed =
      known.length === 0 ? 'this route has no query parameters' : `expected ${known.join(', ')}`
    const detail = `unknown query parameter ${quoted(unknown)} (${allowed})`
    return badRequest(detail, { knownParameters: known })
  }
  const repeated = given.filter(([, value]) => Array.isArray(value)).map(([name]) => name)
  if (repeated.length === 0) return undefined
  return badRequest(`query parameter ${quoted(repeated)} must be given only once`, {})
}

/**
 * Creates the problem for a value that its schema rejects, with the name of the parameter and the valid
 * values if these are a list.
 */
export function describeInvalid(errors: FastifySchemaValidationError[], where: string): Error {
  const [error] = errors
  const name = error?.instancePath.slice(1) ?? ''
  const what = where === 'querystring' ? `query parameter ${name}` : `${where}/${name}`
  return new ProblemError(PROBLEM_KINDS.badRequest, `${what} ${expectation(error)}`)
}

function expectation(error: FastifySchemaValidationError | undefined): string {
  const { keyword = '', params = {}, message = 'is invalid' } = error ?? {}
  const { allowedValues, type } = params
  if (keyword === 'enum' && Array.isArray(allowedValues)) {
    return `must be one of ${allowedValues.join(', ')}`
  }
  return keyword === 'type' && type === 'boolean' ? 'must be true or false' : message
}

/** Returns the names of the query parameters of a route. */
function knownParameters(schema: unknown): string[] {
  const isObject = typeof schema === 'object' && schema !== null && 'properties' in schema
  return isObject ? Object.keys(schema.properties ?? {}) : []
}

/** Quotes names from the request, with limits for their number and length. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => {
    const isLong = name.length > MAX_NAME_LENGTH
    return JSON.stringify(isLong ? `${name.slice(0, MAX_NAME_LENGTH)}...` : name)
  })
  return shown.join(', ') + (names.length > MAX_NAMED ? ' and others' : '')
}

function badRequest(detail: string, members: Readonly<Record<string, unknown>>): ProblemError {
  return new ProblemError(PROBLEM_KINDS.badRequest, detail, members)
}

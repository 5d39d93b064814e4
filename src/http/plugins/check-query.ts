import type { FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { PROBLEM_KINDS, ProblemError } from '../errors/problem.ts'
import type { TypedApp } from '../typed-app.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Ignores every query parameter instead of refusing those that it does not know: probes and scrapers
     * add their own, and a refusal would restart a sound process or lose its metrics.
     */
    ignoresQuery?: boolean
  }
}

const MAX_NAMED = 5
const MAX_NAME_LENGTH = 64

/**
 * From now on a request with a query parameter that its route does not have, or with one given twice, is
 * refused: ignored, a misspelt `allowStale` would silently mean something else than what was asked for.
 */
export function checkQueries(app: TypedApp): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const { url, config } = request.routeOptions
    // Without a route there is nothing to know parameters.
    done(url === undefined || config.ignoresQuery === true ? undefined : findFault(request))
  })
}

function findFault(request: FastifyRequest): ProblemError | undefined {
  const given = Object.entries(request.query as Readonly<Record<string, unknown>>)
  if (given.length === 0) return undefined
  const known = knownParameters(request.routeOptions.schema?.querystring)
  const unknown = given.map(([name]) => name).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    const allowed = known.length === 0 ? 'this route has none' : `known are ${known.join(', ')}`
    const detail = `unknown query parameter ${quoted(unknown)}: ${allowed}`
    return badRequest(detail, { knownParameters: known })
  }
  const repeated = given.filter(([, value]) => Array.isArray(value)).map(([name]) => name)
  if (repeated.length === 0) return undefined
  return badRequest(`query parameter ${quoted(repeated)} is given more than once`, {})
}

/**
 * What a value that its schema does not allow is answered with: the parameter by its name, with what is
 * allowed where that is a list.
 */
export function describeInvalid(errors: FastifySchemaValidationError[], where: string): Error {
  const [error] = errors
  const name = error?.instancePath.slice(1) ?? ''
  const what = where === 'querystring' ? `query parameter ${name}` : `${where}/${name}`
  return new ProblemError(PROBLEM_KINDS.badRequest, `${what} ${expectation(error)}`)
}

function expectation(error: FastifySchemaValidationError | undefined): string {
  const { keyword = '', params = {}, message = 'is not allowed' } = error ?? {}
  const { allowedValues, type } = params
  if (keyword === 'enum' && Array.isArray(allowedValues)) {
    return `must be one of ${allowedValues.join(', ')}`
  }
  return keyword === 'type' && type === 'boolean' ? 'must be true or false' : message
}

/** Names of the parameters in the schema of a route. */
function knownParameters(schema: unknown): string[] {
  const isObject = typeof schema === 'object' && schema !== null && 'properties' in schema
  return isObject ? Object.keys(schema.properties ?? {}) : []
}

/** Names as a client wrote them, bounded. */
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
